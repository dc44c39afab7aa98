// Clients against a server on the loopback network.

#include "relay/client.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/fault.h"
#include "base/file.h"
#include "net/certificate.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_dir.h"

namespace mail::relay {
namespace {

constexpr std::string_view kMail = "Subject: x\r\n\r\nhello\r\n";
using Outcome = Verdict::Outcome;

struct ClientTest : testing::Test {
  ClientTest() {
    replace_file(dir.path() + "/mail", kMail, 0600);
    const auto made = net::make_certificate({"mx.a.test"});
    certificate = dir.path() + "/cert";
    replace_file(certificate, made.certificate, 0600);
    replace_file(dir.path() + "/key", made.key, 0600);
    file = open_file(dir.path() + "/mail", O_RDONLY);
    transaction.length = static_cast<std::int64_t>(kMail.size());
    transaction.sender = "ann@us.test";
    transaction.recipients = {{"b@a.test", "", ""}, {"c@a.test", "", ""}};
    hop.name = "a.test";
    hosts = {{10, "mx.a.test"}};
  }

  void serve(SmtpServerOptions options = {}) {
    server = std::make_unique<SmtpServer>(std::move(options));
    hop.port = server->port();
  }
  SmtpServerOptions with_tls() const {
    SmtpServerOptions options;
    options.certificate = certificate;
    options.key = dir.path() + "/key";
    return options;
  }

  Client& connect(const std::string& authorities = "") {
    tls = std::make_unique<net::TlsClient>(authorities);
    tools = std::make_unique<Tools>(
        Tools{resolver, *tls, memory, passwords, "us.test", {},
              Deadlines::for_command(Patience(2'000))});
    client = std::make_unique<Client>(*tools, [] { return true; });
    return *client;
  }
  const Result& carry() {
    client->carry({hop, hosts, false, transaction, file});
    return client->result();
  }
  bool said(const std::string& command) const {
    const auto all = server->commands();
    return std::ranges::find(all, command) != all.end();
  }

  TempDir dir;
  std::string certificate;
  Fd file;
  Hop hop;
  std::vector<Exchange> hosts;
  Transaction transaction;
  FakeResolver resolver{
      "mx.a.test A 127.0.0.1\nother.a.test A 127.0.0.1\n"
      "two.a.test A 127.0.0.2\n"
      "dead.a.test A 127.0.0.9\nlate.a.test TRYLATER\n"};
  TlsMemory memory;
  Passwords passwords;
  std::unique_ptr<SmtpServer> server;
  std::unique_ptr<net::TlsClient> tls;
  std::unique_ptr<Tools> tools;
  std::unique_ptr<Client> client;
};

TEST_F(ClientTest, AHostThatRefusesIsFollowedByTheNext) {
  serve();
  connect();
  hosts = {{5, "dead.a.test"}, {7, "none.a.test"}, {10, "mx.a.test"}};
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(1).code, 250) << result.verdicts[1].text;
  EXPECT_EQ(result.site, SiteState::Fine);
  EXPECT_EQ(result.visits.size(), 1u);
  EXPECT_EQ(result.visits.back().host, "mx.a.test");
  EXPECT_TRUE(client->open());
  client->close();
  EXPECT_TRUE(said("QUIT"));
}

TEST_F(ClientTest, ASiteWhereNobodyAnswersIsDead) {
  serve();
  connect();
  hosts = {{5, "dead.a.test"}, {7, "late.a.test"}};
  const Result& result = carry();
  EXPECT_EQ(result.site, SiteState::Dead);
  EXPECT_EQ(result.verdicts.at(0).outcome, Outcome::Temporary);
  EXPECT_EQ(result.verdicts.at(0).enhanced, "4.4.1");
}

TEST_F(ClientTest, HostsWithoutAddressesAreHopeless) {
  connect();
  hosts = {{5, "none.a.test"}};
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "5.4.4");
  EXPECT_EQ(client->result().site, SiteState::Fine);
  hosts = {{5, "late.a.test"}};
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.4.3");
}

// Somebody here has written it: no reason to send mail back.
TEST_F(ClientTest, AConfiguredHostWithoutAnAddressIsAsGoodAsDead) {
  connect();
  hop.name = "relays.test";
  hosts = {{5, "none.a.test"}};
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.4.4");
  EXPECT_EQ(client->result().site, SiteState::Dead);
  hop = {.kind = Hop::Kind::Host, .name = "none.a.test", .login = ""};
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.4.4");
  EXPECT_EQ(client->result().site, SiteState::Dead);
}

TEST_F(ClientTest, AServerThatTurnsUsAwayIsBusy) {
  serve({.greeting = "421 4.3.2 too many of you"});
  connect();
  const Result& result = carry();
  EXPECT_EQ(result.site, SiteState::Busy);
  EXPECT_EQ(result.verdicts.at(0).code, 421);
  EXPECT_EQ(result.verdicts.at(0).outcome, Outcome::Temporary);
}

// Google's answer to what it does not like, with all other mail welcome.
TEST_F(ClientTest, AFarewellBehindAMessageIsSaidOfTheMessage) {
  for (const std::string step : {"RCPT", "DATA", "END"}) {
    serve({.replies = {{step, "421 4.7.0 unusual"}}});
    connect();
    const Result& result = carry();
    EXPECT_EQ(result.site, SiteState::Fine) << step;
    EXPECT_EQ(result.verdicts.at(0).code, 421) << step;
    EXPECT_TRUE(result.verdicts[0].deferred()) << step;
    EXPECT_FALSE(client->open());
    EXPECT_EQ(server->connections(), 1) << step;
    // To RCPT: of the first recipient alone.  The other is nobody's verdict.
    EXPECT_EQ(result.verdicts.at(1).deferred(), step != "RCPT") << step;
    EXPECT_TRUE(result.verdicts[1].may_go_elsewhere()) << step;
    EXPECT_EQ(result.verdicts[1].text.find("unusual") == std::string::npos,
              step == "RCPT");
  }
}

TEST_F(ClientTest, AFarewellToMailIsSaidOfUs) {
  serve({.replies = {{"MAIL", "421 4.7.0 too many of you"}}});
  connect();
  const Result& result = carry();
  EXPECT_EQ(result.site, SiteState::Busy);
  EXPECT_EQ(result.why, "too many of you");
  EXPECT_FALSE(result.verdicts.at(0).deferred());
}

TEST_F(ClientTest, ADeadConnectionIsReplacedWithoutAWord) {
  serve({.messages = 1});
  connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(carry().verdicts.at(0).code, 250);
    EXPECT_EQ(client->result().site, SiteState::Fine);
  }
  EXPECT_EQ(server->connections(), 3);
  EXPECT_EQ(server->messages().size(), 3u);
}

TEST_F(ClientTest, AnotherHopHasAnotherConnection) {
  serve();
  connect();
  carry();
  hosts = {{10, "other.a.test"}};
  carry();
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(ClientTest, TooManyRecipientsFollowAtOnce) {
  // RFC 5321 4.5.3.1.10.
  for (const int code : {452, 552}) {
    const std::string reply = std::to_string(code) + " too many";
    serve({.replies = {{"RCPT TO:<c@a.test>", reply}}});
    connect();
    const Result& result = carry();
    EXPECT_EQ(result.verdicts.at(0).code, 250);
    EXPECT_EQ(result.verdicts.at(1).code, code);
    EXPECT_EQ(result.verdicts.at(1).outcome, Verdict::Outcome::Temporary);
    const auto all = server->commands();
    EXPECT_EQ(std::ranges::count(all, "RCPT TO:<c@a.test>"), 2);
    EXPECT_EQ(std::ranges::count(all, "RCPT TO:<b@a.test>"), 1);
    EXPECT_EQ(server->messages().size(), 1u);
  }
}

// RFC 5321 5.1: two hosts, of which the first puts off what `replies` say.
struct DeferralTest : ClientTest {
  void serve_two(const std::map<std::string, std::string>& replies,
                 const std::map<std::string, std::string>& of_second = {},
                 const std::set<std::string>& offers = {"PIPELINING"}) {
    // The port that the first was given may be in use at the other address.
    for (int tries = 0; !second; ++tries) {
      serve({.offers = offers, .replies = replies});
      try {
        second = std::make_unique<SmtpServer>(
            SmtpServerOptions{.offers = {"PIPELINING", "DSN"},
                              .replies = of_second,
                              .address = "127.0.0.2",
                              .port = server->port()});
      } catch (const Fault&) {
        if (tries == 20) throw;
      }
    }
    hosts = {{5, "mx.a.test"}, {10, "two.a.test"}};
    connect();
  }
  static int times(const SmtpServer& at, const std::string& command) {
    const auto all = at.commands();
    return static_cast<int>(std::ranges::count(all, command));
  }
  using Taken = std::map<std::string, int>;

  std::unique_ptr<SmtpServer> second;
};

TEST_F(DeferralTest, WhoIsOneTooManyIsTriedAtTheNextHost) {
  serve_two({{"RCPT TO:<c@a.test>", "552 too many"}});
  EXPECT_EQ(carry().verdicts.at(1).code, 250);
  EXPECT_EQ(second->taken(), (Taken{{"c@a.test", 1}}));
}

TEST_F(DeferralTest, WhoIsPutOffIsTriedAtTheNextHost) {
  serve_two({{"RCPT TO:<c@a.test>", "450 4.2.0 later"}});
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).code, 250);
  EXPECT_EQ(result.verdicts.at(1).code, 250);
  EXPECT_EQ(server->taken(), (Taken{{"b@a.test", 1}}));
  EXPECT_EQ(second->taken(), (Taken{{"c@a.test", 1}}));
  ASSERT_EQ(result.visits.size(), 2u);
  const Visit& one = result.visits[result.verdicts[0].visit];
  const Visit& two = result.visits[result.verdicts[1].visit];
  EXPECT_EQ(one.host, "mx.a.test");
  EXPECT_FALSE(one.dsn);
  EXPECT_EQ(two.host, "two.a.test");
  EXPECT_TRUE(two.dsn);
  EXPECT_EQ(times(*server, "QUIT"), 1);
  EXPECT_TRUE(client->open());
}

TEST_F(DeferralTest, SoItIsWithEveryStepOfATransaction) {
  // That it also closes makes no difference (RFC 5321 3.8); to MAIL it would
  // not be said of the message.
  for (const std::string step : {"MAIL", "DATA", "END", "421 DATA", "421 END"}) {
    const bool closes = step.starts_with("421 ");
    serve_two({{closes ? step.substr(4) : step,
                closes ? "421 4.7.0 unusual" : "451 4.3.0 not now"}});
    EXPECT_EQ(carry().verdicts.at(1).code, 250) << step;
    EXPECT_EQ(server->taken(), Taken{}) << step;
    EXPECT_EQ(second->taken(), (Taken{{"b@a.test", 1}, {"c@a.test", 1}}));
    second.reset();
  }
}

TEST_F(DeferralTest, OneRecipientsFarewellIsNoneOfTheOthers) {
  for (const bool pipelining : {true, false}) {
    serve_two({{"RCPT TO:<c@a.test>", "421 4.2.1 too fast"}}, {},
              pipelining ? std::set<std::string>{"PIPELINING"}
                         : std::set<std::string>{});
    const Result& result = carry();
    EXPECT_EQ(result.site, SiteState::Fine);
    EXPECT_EQ(server->connections(), 1);
    EXPECT_EQ(second->taken(), (Taken{{"b@a.test", 1}, {"c@a.test", 1}}));
    second.reset();
  }
}

TEST_F(DeferralTest, AFinalAnswerIsFinal) {
  serve_two({{"RCPT TO:<b@a.test>", "550 5.1.1 nobody"},
             {"RCPT TO:<c@a.test>", "450 4.2.0 later"}});
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).code, 550);
  EXPECT_EQ(result.verdicts.at(1).code, 250);
  EXPECT_EQ(times(*second, "RCPT TO:<b@a.test>"), 0);
}

TEST_F(DeferralTest, WhatTheFirstSaidCountsWhenNobodyElseAnswers) {
  serve_two({{"MAIL", "450 4.7.1 grey"}});
  hosts = {{5, "mx.a.test"}, {10, "dead.a.test"}, {20, "late.a.test"}};
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).code, 450);
  EXPECT_EQ(result.visits[result.verdicts[0].visit].host, "mx.a.test");
  EXPECT_EQ(result.site, SiteState::Fine);
}

TEST_F(DeferralTest, OverAnOpenConnectionToo) {
  serve_two({{"RCPT TO:<c@a.test>", "450 4.2.0 later"}});
  transaction.recipients = {{"b@a.test", "", ""}};
  carry();
  ASSERT_TRUE(client->open());
  transaction.recipients = {{"c@a.test", "", ""}};
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_EQ(times(*server, "RCPT TO:<c@a.test>"), 1);
  EXPECT_EQ(second->taken(), (Taken{{"c@a.test", 1}}));
}

TEST_F(DeferralTest, AFewHostsAreEnough) {
  serve_two({{"MAIL", "450 4.7.1 grey"}}, {{"MAIL", "450 4.7.1 grey"}});
  resolver = FakeResolver(
      "mx.a.test A 127.0.0.1\ntwo.a.test A 127.0.0.2\n"
      "again.a.test A 127.0.0.1\nthree.a.test A 127.0.0.3\n"
      "four.a.test A 127.0.0.2\n");
  SmtpServer third({.replies = {{"MAIL", "450 4.7.1 grey"}},
                    .address = "127.0.0.3",
                    .port = server->port()});
  hosts = {{1, "mx.a.test"}, {2, "two.a.test"}, {3, "again.a.test"},
           {4, "three.a.test"}, {5, "four.a.test"}};
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).code, 450);
  EXPECT_EQ(result.visits[result.verdicts[0].visit].host, "three.a.test");
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(second->connections(), 1);
  EXPECT_EQ(third.connections(), 1);
}

// Nobody knows whether it has arrived.
TEST_F(DeferralTest, AMessageWhoseEndWasNotAnsweredGoesNowhereElse) {
  serve_two({{"END", "hello\r\n250 or so"}});
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).outcome, Outcome::Temporary);
  EXPECT_EQ(result.verdicts.at(0).code, 0);
  EXPECT_EQ(second->connections(), 0);
}

TEST_F(DeferralTest, ARelayHostThatWantsALoginSendsNoMailBack) {
  for (const std::string step : {"MAIL", "RCPT", "DATA"}) {
    serve_two({{step, "530 5.7.0 Authentication required"}});
    hop.name = "relays.test";
    EXPECT_EQ(carry().verdicts.at(1).code, 250) << step;
    client->close();
    hosts.pop_back();
    const Result& result = carry();
    EXPECT_EQ(result.verdicts.at(1).outcome, Outcome::Temporary) << step;
    EXPECT_EQ(result.verdicts[1].enhanced, "4.7.0");
    EXPECT_TRUE(result.verdicts[1].may_go_elsewhere());
    EXPECT_FALSE(result.verdicts[1].answered);
    EXPECT_EQ(result.site, SiteState::Fine);
    // Where the way is the domain's own nobody here can mend it.
    hop.name = "a.test";
    EXPECT_EQ(carry().verdicts.at(1).outcome, Outcome::Permanent) << step;
    client.reset();
    second.reset();
  }
}

TEST_F(ClientTest, ThisMachineIsNobodysExchange) {
  connect();
  hop.port = 25;
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "5.4.6");
}

TEST_F(ClientTest, EncryptsAndResumes) {
  serve(with_tls());
  connect();
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_TRUE(client->result().visits[0].tls.starts_with("TLSv1.3 "));
  client->close();
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_EQ(server->connections(), 2);
  EXPECT_EQ(server->resumed(), 1);
}

TEST_F(ClientTest, SpeaksTls12WithWhoKnowsNoNewerOne) {
  auto options = with_tls();
  options.newest_tls = 12;
  serve(options);
  hop.tls = Hop::Tls::Required;
  connect();
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_TRUE(client->result().visits[0].tls.starts_with("TLSv1.2 "));
}

// RFC 8996: what only speaks TLS 1.1 is as good as broken.
TEST_F(ClientTest, Tls11CountsAsNone) {
  auto options = with_tls();
  options.newest_tls = 11;
  serve(options);
  connect();
  EXPECT_EQ(carry().verdicts.at(0).code, 250) << "where it is only wanted";
  EXPECT_EQ(client->result().visits[0].tls, "");
  client->close();
  hop.tls = Hop::Tls::Required;
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.7.5");
  EXPECT_EQ(carry().verdicts.at(0).outcome, Outcome::Temporary);
}

TEST_F(ClientTest, ComesFromTheAddressItIsTold) {
  serve();
  connect();
  tools->from.ipv4 = "127.0.0.9";
  tools->from.ipv6 = "2001:db8::9";  // of the other family
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  client->close();
  tools->from.ipv4 = "198.51.100.9";
  EXPECT_NE(carry().verdicts.at(0).text.find("relay_source_ipv4 198.51.100.9"),
            std::string::npos);
  EXPECT_EQ(client->result().site, SiteState::Dead);
}

TEST_F(ClientTest, VerifiesWhereThatIsDemanded) {
  serve(with_tls());
  hop.tls = Hop::Tls::Verified;
  connect(certificate);
  EXPECT_EQ(carry().verdicts.at(0).code, 250)
      << client->result().verdicts[0].text;
  client->close();
  hosts = {{10, "other.a.test"}};  // not the certificate's name
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.7.5");
  hosts = {{10, "mx.a.test"}};
  connect();                       // nobody vouches for it
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.7.5");
  EXPECT_EQ(server->messages().size(), 1u);
}

TEST_F(ClientTest, BrokenTlsIsRememberedAndDoneWithout) {
  serve({.offers = {"PIPELINING", "STARTTLS"}});
  connect();
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_TRUE(said("STARTTLS"));
  client->close();
  server->misbehave(0);
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_FALSE(said("STARTTLS"));
  hop.tls = Hop::Tls::Required;
  EXPECT_EQ(carry().verdicts.at(0).enhanced, "4.7.5");
}

// RFC 3207 4; and one connection that was lost is no reason for bounces.
TEST_F(ClientTest, WhoTakesNothingWithoutTlsGetsItWithTls) {
  auto options = with_tls();
  options.clear_mail = "530 5.7.0 Must issue a STARTTLS command first";
  serve(options);
  connect();
  const std::string there =
      "mx.a.test [127.0.0.1]:" + std::to_string(server->port());
  memory.broken(there, steady_time());
  EXPECT_EQ(carry().verdicts.at(0).code, 250);
  EXPECT_NE(client->result().visits.back().tls, "");
  EXPECT_EQ(server->connections(), 2);
  EXPECT_FALSE(memory.is_broken(there, steady_time()));
}

TEST_F(ClientTest, WhatWantsTlsThatIsBrokenWaits) {
  serve({.offers = {"PIPELINING", "STARTTLS"},
         .replies = {{"MAIL", "530 5.7.0 Must issue a STARTTLS command"}}});
  connect();
  for (int i = 0; i < 2; ++i) {
    const Result& result = carry();
    EXPECT_EQ(result.verdicts.at(0).outcome, Outcome::Temporary);
    EXPECT_EQ(result.verdicts[0].enhanced, "4.7.5");  // the trouble behind it
    EXPECT_EQ(result.site, SiteState::Fine);
    EXPECT_EQ(server->connections(), 2 * (i + 1));
  }
}

TEST(TlsMemoryTest, ALostConnectionIsNotBrokenTlsForLong) {
  TlsMemory memory;
  memory.broken("mx", 1);
  memory.broken("mx", 2);
  EXPECT_TRUE(memory.is_broken("mx", kMinute));
  EXPECT_FALSE(memory.is_broken("mx", kMinute + 1));
  memory.broken("mx", kMinute + 1);
  EXPECT_TRUE(memory.is_broken("mx", kHour));
  memory.forget("mx");
  EXPECT_FALSE(memory.is_broken("mx", kHour));
  for (int i = 0; i < 5'000; ++i) memory.broken(std::to_string(i), 1);
  EXPECT_FALSE(memory.is_broken("0", 2));
  EXPECT_TRUE(memory.is_broken("4999", 2));
}

TEST_F(ClientTest, RequiretlsWantsProvedHosts) {
  serve(with_tls());
  connect(certificate);
  transaction.require_tls = true;
  const Result& result = carry();
  EXPECT_EQ(result.verdicts.at(0).enhanced, "5.7.10");
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(ClientTest, AfterAFaultEveryRecipientStillHasAVerdict) {
  serve();
  connect();
  transaction.length = 5000;
  EXPECT_ANY_THROW(carry());
  client->give_up("the file is too short");
  EXPECT_EQ(client->result().verdicts.size(), 2u);
  EXPECT_EQ(client->result().verdicts.at(0).outcome, Outcome::Temporary);
  EXPECT_FALSE(client->open());
  EXPECT_TRUE(server->messages().empty());
}

}  // namespace
}  // namespace mail::relay
