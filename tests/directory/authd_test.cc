// authd as its clients see it: over real sockets, without the cage.
#include "directory/authd.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "directory/auth_control.h"
#include "directory/local_server.h"
#include "sasl/authd_client.h"
#include "sasl/link.h"
#include "tests/support/sasl_client.h"
#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

using sasl::Answer;
using Kind = Answer::Kind;

struct AuthdTest : testing::Test {
  AuthdTest() {
    settings.data = dir.path();
    settings.run = dir.path() + "/run";
    settings.auth_scram_sha1 = true;
  }
  ~AuthdTest() override { stop(); }

  void run() {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    parent = Fd(pair[0]);
    authd = std::make_unique<Authd>(settings);
    thread = std::thread([this, child = Fd(pair[1])] { authd->work(child); });
  }
  void stop() {
    parent.close();
    if (thread.joinable()) thread.join();
    authd.reset();
  }

  AuthControl control() const {
    return {settings.authd_control(), settings.credentials_db()};
  }

  static sasl::Attempt plain(const std::string& name,
                             const std::string& password) {
    return {"PLAIN", plain_message(name, password), "imap", "127.0.0.1",
            true,    "",                            ""};
  }

  TempDir dir;
  config::Settings settings;
  Fd parent;
  std::unique_ptr<Authd> authd;
  std::thread thread;
};

TEST_F(AuthdTest, ServesManyThreadsOverOneConnection) {
  run();
  ASSERT_TRUE(control().set_password(1, "ann@here.example", "pencil"));
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::Yes);
  std::atomic<int> in = 0, out = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (t == 0 && i < 3) {
          out += client.start(plain("ann@here.example", "no")).kind ==
                 Kind::Failure;
        }
        in += client.start(plain("ann@here.example", "pencil")).kind ==
              Kind::Success;
        ScramClient scram(Sha::Sha256, "ann@here.example", "pencil");
        const auto challenge = client.start({"SCRAM-SHA-256", scram.first(),
                                             "imap", "127.0.0.1", true, "",
                                             ""});
        client.cancel(challenge.exchange);
      }
    });
  }
  for (auto& thread_of : threads) thread_of.join();
  EXPECT_EQ(in, 160);
  EXPECT_EQ(out, 3);
}

TEST_F(AuthdTest, CarriesAnExchangeOverSeveralSteps) {
  run();
  ASSERT_TRUE(control().set_password(1, "ann@here.example", "pencil"));
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::Yes);
  ScramClient scram(Sha::Sha1, "ann@here.example", "pencil");
  auto answer = client.start({"SCRAM-SHA-1", {}, "smtp", "127.0.0.1", true,
                              "", ""});
  ASSERT_EQ(answer.kind, Kind::Challenge);
  answer = client.step(answer.exchange, scram.first());
  answer = client.step(answer.exchange, scram.last(answer.text));
  EXPECT_EQ(answer.kind, Kind::Success);
  EXPECT_EQ(answer.text, scram.expected());
  EXPECT_EQ(answer.address, "ann@here.example");
  EXPECT_EQ(client.step("nonsense", "").kind, Kind::Unavailable);
}

TEST_F(AuthdTest, IsUnavailableWhileItIsAwayAndComesBack) {
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::No);
  testing::internal::CaptureStderr();
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Unavailable);
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains("authd is away"));
  run();
  auto open = client.start({"LOGIN", {}, "imap", "127.0.0.1", true, "", ""});
  EXPECT_EQ(open.kind, Kind::Challenge);
  stop();
  run();
  // Exchanges do not outlive their connection; new questions get through.
  EXPECT_EQ(client.step(open.exchange, "x").kind, Kind::Unavailable);
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Failure);
}

TEST_F(AuthdTest, IsUnavailableWhenItDoesNotAnswerInTime) {
  const Fd deaf = listen_alone(settings.authd_socket(), Door::Self);
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::No,
                           std::chrono::milliseconds(30));
  testing::internal::CaptureStderr();
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Unavailable);
  EXPECT_TRUE(
      testing::internal::GetCapturedStderr().contains("did not answer in time"));
}

TEST_F(AuthdTest, LetsGoOfAClientThatTalksNonsense) {
  run();
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::No);
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Failure);
  const auto strange = sasl::connect_to_authd(settings.authd_socket());
  ASSERT_TRUE(strange);
  strange->write("GET / HTTP/1.1");
  char byte = 0;
  EXPECT_EQ(recv(strange->number(), &byte, 1, 0), 0);
  const auto large = sasl::connect_to_authd(settings.authd_socket());
  large->write(std::string(sasl::kMaxPacket + 100, '\1'));
  EXPECT_EQ(recv(large->number(), &byte, 1, 0), 0);
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Failure);
}

TEST_F(AuthdTest, TakesNewSettings) {
  run();
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::Yes);
  const sasl::Attempt sha1{"SCRAM-SHA-1", {}, "imap", "127.0.0.1", true,
                           "",            ""};
  EXPECT_EQ(client.start(sha1).kind, Kind::Challenge);
  parent.write(reload_message({sasl::Sha1::No, 0}));
  // The message is read in the order of the loop, not of ours.
  Kind kind = Kind::Challenge;
  for (int i = 0; i < 1000 && kind != Kind::Unknown; ++i) {
    kind = client.start(sha1).kind;
  }
  EXPECT_EQ(kind, Kind::Unknown);
}

TEST_F(AuthdTest, DoesWhatMailctlAsksWithAndWithoutADaemon) {
  for (const bool running : {false, true}) {
    if (running) run();
    auto ctl = control();
    ASSERT_TRUE(ctl.set_password(1, "Ann@here.example", "pencil"));
    EXPECT_FALSE(ctl.set_password(2, "ann@here.example", "x"));
    EXPECT_FALSE(ctl.set_password(1, "ann@here.example", "bell\a"));
    const auto app = ctl.add_app_password(1, "ann@here.example", "phone");
    ASSERT_TRUE(app) << app.error().why;
    EXPECT_EQ(app->size(), 29u);
    EXPECT_FALSE(ctl.add_app_password(1, "ann@here.example", "phone"));
    ASSERT_TRUE(ctl.set_activity(1, Activity::Suspended));
    const auto seen = ctl.show(1);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->address, "ann@here.example");
    EXPECT_TRUE(seen->has_password);
    EXPECT_FALSE(seen->active);
    EXPECT_EQ(seen->app_passwords, std::vector<std::string>{"phone"});
    EXPECT_TRUE(ctl.remove_app_password(1, "phone"));
    EXPECT_TRUE(ctl.remove(1));
    EXPECT_FALSE(ctl.show(1));
    EXPECT_EQ(ctl.bans().has_value(), running);
    EXPECT_FALSE(ctl.unban("192.0.2.1"));
  }
}

TEST_F(AuthdTest, KeepsItsFilesToItself) {
  run();
  sasl::AuthdClient client(settings.authd_socket(), sasl::Sha1::No);
  EXPECT_EQ(client.start(plain("a@b.example", "x")).kind, Kind::Failure);
  struct stat status {};
  ASSERT_EQ(stat(settings.credentials_db().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(settings.authd_socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THROW((void)listen_alone(settings.authd_socket(), Door::Self),
               std::exception);
}

}  // namespace
}  // namespace mail::directory
