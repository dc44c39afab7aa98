#include "directory/auth_service.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "directory/auth_admin.h"
#include "tests/support/fake_clock.h"
#include "tests/support/sasl_client.h"
#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

using sasl::Answer;
using sasl::Attempt;
using Kind = Answer::Kind;

struct AuthServiceTest : testing::Test {
  AuthServiceTest() {
    admin({"set-password", "1", "ann@here.example", "pencil"});
  }

  std::vector<std::string> admin(const std::vector<std::string>& words) {
    const auto done = AuthAdmin(credentials, &failures, sha1).run(words);
    EXPECT_TRUE(done) << done.error().why;
    return done.value_or(std::vector<std::string>{});
  }

  Attempt attempt(const char* mechanism,
                  std::optional<std::string> initial) const {
    return {mechanism, std::move(initial), "imap", peer, true, "", ""};
  }

  Answer wait() {
    pollfd poll{pool.done(), POLLIN, 0};
    EXPECT_GT(::poll(&poll, 1, 20'000), 0);
    auto replies = service.finished();
    EXPECT_EQ(replies.size(), 1u);
    return replies.empty() ? Answer{} : replies[0].answer;
  }

  Answer start(const Attempt& what) {
    const auto ready = service.start({7, 1}, what);
    return ready ? *ready : wait();
  }
  Answer step(const std::string& exchange, const std::string& response) {
    const auto ready = service.step({7, 2}, exchange, response);
    return ready ? *ready : wait();
  }

  Answer plain(const std::string& name, const std::string& password) {
    return start(attempt("PLAIN", plain_message(name, password)));
  }

  Answer scram(ScramClient client, const char* mechanism = "SCRAM-SHA-256") {
    const auto challenge = start(attempt(mechanism, client.first()));
    if (challenge.kind != Kind::Challenge) return challenge;
    const auto answer =
        step(challenge.exchange, client.last(challenge.text));
    EXPECT_EQ(answer.text,
              answer.kind == Kind::Success ? client.expected() : "");
    return answer;
  }

  const TempDir dir;
  FakeClock clock;
  std::string peer = "192.0.2.1";
  std::atomic<sasl::Sha1> sha1 = sasl::Sha1::Yes;
  Credentials credentials{dir.path() + "/credentials.db"};
  PasswordPool pool{1, 4};
  Failures failures{clock};
  AuthService service{{credentials, pool, failures, clock},
                      {sasl::Sha1::Yes, 600 * kSecond}};
};

TEST_F(AuthServiceTest, LetsInWhoKnowsThePassword) {
  const auto yes = plain("ANN@here.Example", "pencil");
  EXPECT_EQ(yes.kind, Kind::Success);
  EXPECT_EQ(yes.account, 1u);
  EXPECT_EQ(yes.address, "ann@here.example");
  EXPECT_EQ(plain("ann@here.example", "Pencil").kind, Kind::Failure);
  EXPECT_EQ(plain("bob@here.example", "pencil").kind, Kind::Failure);
  EXPECT_EQ(plain("nonsense", "pencil").kind, Kind::Failure);
  EXPECT_EQ(start(attempt("PLAIN", "nonsense")).kind, Kind::Failure);
}

TEST_F(AuthServiceTest, SpeaksLoginAndPlainInSteps) {
  auto answer = start(attempt("LOGIN", std::nullopt));
  EXPECT_EQ(answer.text, "Username:");
  answer = step(answer.exchange, "ann@here.example");
  EXPECT_EQ(answer.text, "Password:");
  EXPECT_EQ(step(answer.exchange, "pencil").kind, Kind::Success);

  answer = start(attempt("plain", std::nullopt));
  EXPECT_EQ(answer.kind, Kind::Challenge);
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(step(answer.exchange, plain_message("ann@here.example", "pencil"))
                .kind,
            Kind::Success);
}

TEST_F(AuthServiceTest, SpeaksScram) {
  EXPECT_EQ(scram({Sha::Sha256, "ann@here.example", "pencil"}).kind,
            Kind::Success);
  EXPECT_EQ(scram({Sha::Sha1, "ann@here.example", "pencil"}, "SCRAM-SHA-1")
                .kind,
            Kind::Success);
  EXPECT_EQ(scram({Sha::Sha256, "ann@here.example", "pen"}).kind,
            Kind::Failure);
  EXPECT_EQ(scram({Sha::Sha256, "bob@here.example", "pencil"}).kind,
            Kind::Failure);
}

TEST_F(AuthServiceTest, BindsScramToTheChannel) {
  auto what = attempt("SCRAM-SHA-256-PLUS", std::nullopt);
  EXPECT_EQ(start(what).kind, Kind::Unknown);
  what.tls_exporter = "bytes";
  ScramClient client(Sha::Sha256, "ann@here.example", "pencil",
                     "p=tls-exporter,,", "bytes");
  what.initial = client.first();
  const auto challenge = start(what);
  EXPECT_EQ(step(challenge.exchange, client.last(challenge.text)).kind,
            Kind::Success);
}

TEST_F(AuthServiceTest, OffersOnlyWhatIsSafeAndConfigured) {
  auto what = attempt("PLAIN", "x");
  what.secure = false;
  EXPECT_EQ(start(what).kind, Kind::Unknown);
  EXPECT_EQ(start(attempt("CRAM-MD5", "")).kind, Kind::Unknown);
  service.change({sasl::Sha1::No, 0});
  EXPECT_EQ(start(attempt("SCRAM-SHA-1", "")).kind, Kind::Unknown);
}

TEST_F(AuthServiceTest, TakesAppPasswordsWithEveryMechanism) {
  const auto made =
      admin({"add-app-password", "1", "ann@here.example", "phone"});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(plain("ann@here.example", made[0]).kind, Kind::Success);
  EXPECT_EQ(scram({Sha::Sha256, "ann@here.example", made[0]}).kind,
            Kind::Success);
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Success);
  admin({"remove-app-password", "1", "phone"});
  EXPECT_EQ(plain("ann@here.example", made[0]).kind, Kind::Failure);
  EXPECT_EQ(scram({Sha::Sha256, "ann@here.example", made[0]}).kind,
            Kind::Failure);
}

TEST_F(AuthServiceTest, RemembersASuccessUntilThePasswordChanges) {
  const Attempt what =
      attempt("PLAIN", plain_message("ann@here.example", "pencil"));
  EXPECT_FALSE(service.start({7, 1}, what));  // has to be looked at
  EXPECT_EQ(wait().kind, Kind::Success);
  const auto again = service.start({7, 2}, what);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, Kind::Success);

  admin({"set-password", "1", "ann@here.example", "other"});
  EXPECT_FALSE(service.start({7, 3}, what));
  EXPECT_EQ(wait().kind, Kind::Failure);

  EXPECT_EQ(plain("ann@here.example", "other").kind, Kind::Success);
  clock.advance(601 * kSecond);
  EXPECT_FALSE(service.start(
      {7, 4}, attempt("PLAIN", plain_message("ann@here.example", "other"))));
  EXPECT_EQ(wait().kind, Kind::Success);
}

TEST_F(AuthServiceTest, KeepsOutWhoIsSuspendedOrRemoved) {
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Success);
  admin({"set-activity", "1", "suspended"});
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Failure);
  EXPECT_EQ(scram({Sha::Sha256, "ann@here.example", "pencil"}).kind,
            Kind::Failure);
  admin({"set-activity", "1", "active"});
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Success);
  admin({"remove", "1"});
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Failure);
}

TEST_F(AuthServiceTest, EndsAScramExchangeWhenThePasswordChangesInIt) {
  ScramClient client(Sha::Sha256, "ann@here.example", "pencil");
  const auto challenge = start(attempt("SCRAM-SHA-256", client.first()));
  admin({"set-password", "1", "ann@here.example", "other"});
  EXPECT_EQ(step(challenge.exchange, client.last(challenge.text)).kind,
            Kind::Failure);
}

TEST_F(AuthServiceTest, BansWhoGuesses) {
  for (int i = 0; i < 10; ++i) {
    const auto no = plain("ann@here.example", "guess" + std::to_string(i));
    EXPECT_EQ(no.kind, Kind::Failure);
    EXPECT_GT(no.delay.count(), 0);
  }
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Failure);
  EXPECT_EQ(admin({"bans"}).size(), 2u);
  peer = "192.0.2.2";
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Success);
  peer = "192.0.2.1";
  admin({"unban", peer});
  EXPECT_EQ(plain("ann@here.example", "pencil").kind, Kind::Success);
}

TEST_F(AuthServiceTest, BindsAnExchangeToItsClientAndItsTime) {
  const auto opened = [&] { return start(attempt("LOGIN", std::nullopt)); };
  auto exchange = opened().exchange;
  EXPECT_EQ(service.step({8, 1}, exchange, "x")->kind, Kind::Unavailable);
  EXPECT_EQ(service.step({7, 1}, exchange, "x")->kind, Kind::Challenge);
  EXPECT_EQ(service.step({7, 1}, exchange, "x")->kind, Kind::Unavailable);

  exchange = opened().exchange;
  clock.advance(61 * kSecond);
  EXPECT_EQ(service.step({7, 1}, exchange, "x")->kind, Kind::Unavailable);

  exchange = opened().exchange;
  service.cancel(7, exchange);
  EXPECT_EQ(service.step({7, 1}, exchange, "x")->kind, Kind::Unavailable);

  exchange = opened().exchange;
  service.forget(7);
  EXPECT_EQ(service.open_exchanges(), 0u);
}

TEST_F(AuthServiceTest, BoundsOpenExchangesOfOneAddress) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(start(attempt("LOGIN", std::nullopt)).kind, Kind::Challenge);
  }
  EXPECT_EQ(start(attempt("LOGIN", std::nullopt)).kind, Kind::Unavailable);
  peer = "192.0.2.2";
  EXPECT_EQ(start(attempt("LOGIN", std::nullopt)).kind, Kind::Challenge);
  clock.advance(61 * kSecond);
  peer = "192.0.2.1";
  EXPECT_EQ(start(attempt("LOGIN", std::nullopt)).kind, Kind::Challenge);
  EXPECT_EQ(service.open_exchanges(), 1u);
}

TEST_F(AuthServiceTest, SaysUnavailableWhenTooManyWait) {
  int refused = 0, waiting = 0;
  for (int i = 0; i < 10; ++i) {
    const auto ready = service.start(
        {7, 1}, attempt("PLAIN", plain_message("ann@here.example",
                                               std::to_string(i))));
    if (!ready) ++waiting;
    if (ready && ready->kind == Kind::Unavailable) ++refused;
  }
  EXPECT_EQ(refused + waiting, 10);
  EXPECT_GE(refused, 4);
}

// Nothing tells a name that exists from one that does not: neither the
// answers' bytes (but for the nonce) nor their time.
TEST_F(AuthServiceTest, AnswersForNamesThatDoNotExistAsForThoseThatDo) {
  peer = "127.0.0.1";
  const auto salt_and_count = [&](const std::string& name) {
    ScramClient client(Sha::Sha256, name, "guess");
    const auto challenge = start(attempt("SCRAM-SHA-256", client.first()));
    const auto no = step(challenge.exchange, client.last(challenge.text));
    EXPECT_EQ(no.kind, Kind::Failure);
    EXPECT_EQ(no.text, "");
    EXPECT_EQ(no.delay.count(), 200);
    return challenge.text.substr(challenge.text.find(",s="));
  };
  const auto here = salt_and_count("ann@here.example");
  const auto nobody = salt_and_count("eve@here.example");
  EXPECT_EQ(here.size(), nobody.size());
  EXPECT_NE(here, nobody);
  EXPECT_EQ(nobody, salt_and_count("EVE@here.example"));
  // The account is made, and the salt stays as it was.
  admin({"set-password", "2", "eve@here.example", "secret"});
  EXPECT_EQ(nobody, salt_and_count("eve@here.example"));
}

TEST_F(AuthServiceTest, TakesAsLongForNamesThatDoNotExist) {
  peer = "127.0.0.1";
  const auto median = [&](const std::string& name) {
    std::vector<Micros> times;
    for (int i = 0; i < 11; ++i) {
      const Micros begun = steady_time();
      EXPECT_EQ(plain(name, "guess" + std::to_string(i)).kind, Kind::Failure);
      times.push_back(steady_time() - begun);
    }
    std::ranges::sort(times);
    return static_cast<double>(times[times.size() / 2]);
  };
  // Other work on the machine disturbs both; one quiet try of three is
  // enough to show that the two ways are one.
  bool alike = false;
  for (int attempt_no = 0; attempt_no < 5 && !alike; ++attempt_no) {
    const double ratio =
        median("ann@here.example") / median("eve@here.example");
    alike = ratio > 0.8 && ratio < 1.25;
  }
  EXPECT_TRUE(alike);
}

}  // namespace
}  // namespace mail::directory
