#include "intake/desk.h"

#include <gtest/gtest.h>

#include "base/process.h"
#include "tests/support/smtp_house.h"

namespace mail::intake {
namespace {

struct DeskTest : testing::Test {
  DeskTest() { house.factory(); }

  int rcpt(std::string_view address, std::int64_t size = 0) {
    smtp::Transaction transaction;
    transaction.sender.size = size;
    return house.desk
        ->recipient(client, transaction,
                    smtp::parse_rcpt("TO:<" + std::string(address) + ">")
                        .value())
        .code();
  }
  int mail(std::string_view address) {
    return house.desk
        ->sender(client, smtp::parse_mail("FROM:<" + std::string(address) +
                                          ">").value())
        .code();
  }

  SmtpHouse house;
  smtp::Client client{.service = smtp::Service::Smtp,
                      .address = "198.51.100.1",
                      .loopback = false,
                      .name = "",
                      .helo = "",
                      .extended = true,
                      .tls = {},
                      .account = 0,
                      .login = ""};
};

TEST_F(DeskTest, TakesNoMailForASuspendedAccount) {
  house.directory.suspended = "carol@example.test";
  EXPECT_EQ(rcpt("carol@example.test"), 550);
  EXPECT_EQ(rcpt("alice@example.test"), 250);
}

TEST_F(DeskTest, TakesMailForItsOwnPeopleOnly) {
  EXPECT_EQ(rcpt("alice@example.test"), 250);
  EXPECT_EQ(rcpt("nobody@example.test"), 550);
  EXPECT_EQ(rcpt("someone@elsewhere.example"), 550);
}

TEST_F(DeskTest, RelaysForUsersAndListedNetworks) {
  client.account = 1;
  EXPECT_EQ(rcpt("someone@elsewhere.example"), 250);
  EXPECT_EQ(rcpt("nobody@example.test"), 550);
  client.account = 0;
  client.address = "192.0.2.7";
  EXPECT_EQ(rcpt("someone@elsewhere.example"), 250);
  client.address = "192.0.2.8";
  EXPECT_EQ(rcpt("someone@elsewhere.example"), 550);
}

TEST_F(DeskTest, AUserWritesAsNobodyElse) {
  EXPECT_EQ(mail("bob@example.test"), 250) << "a stranger may claim it";
  client.account = 1;
  EXPECT_EQ(mail("alice@example.test"), 250);
  EXPECT_EQ(mail(""), 250);
  EXPECT_EQ(mail("bob@example.test"), 553);
}

TEST_F(DeskTest, ASuspendedUserSendsNothingMoreOnAnOpenConnection) {
  client.account = 3;
  EXPECT_EQ(mail("carol@example.test"), 250);
  house.directory.suspended = "carol@example.test";
  EXPECT_EQ(mail("carol@example.test"), 550);
  EXPECT_EQ(mail(""), 550);
  EXPECT_EQ(rcpt("bob@example.test"), 550) << "begun before";
  client.account = 99;
  EXPECT_EQ(mail(""), 550) << "removed";
}

TEST_F(DeskTest, RefusesForNowWhatTheSchedulerCallsFull) {
  EXPECT_EQ(rcpt("carol@example.test"), 250);
  house.hub.close_account(3);
  house.hub.take();
  EXPECT_EQ(rcpt("carol@example.test"), 452);
  EXPECT_EQ(rcpt("alice@example.test"), 250);
  house.hub.open_account(3);
  EXPECT_EQ(rcpt("carol@example.test"), 250);
  house.hub.suspend("example.test");
  EXPECT_EQ(rcpt("alice@example.test"), 450);
}

TEST_F(DeskTest, HoldsADeclaredSizeAgainstTheQuota) {
  house.settings.quota = 100'000;
  house.hub.tell_room(3, 5000);
  std::jthread scheduler([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto account : house.hub.take().looks) {
        house.hub.tell_room(account, account == 3 ? 5000 : 90'000);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  EXPECT_EQ(rcpt("carol@example.test", 5000), 250);
  EXPECT_EQ(rcpt("carol@example.test", 5001), 452);
  EXPECT_EQ(rcpt("carol@example.test"), 452) << "hardly any room";
  EXPECT_EQ(rcpt("carol@example.test", 100'001), 552);
  EXPECT_EQ(rcpt("bob@example.test", 90'000), 250);
  EXPECT_EQ(rcpt("bob@example.test"), 250);
  house.directory.quota = 80'000;  // its own counts
  EXPECT_EQ(rcpt("bob@example.test", 80'001), 552);
  house.directory.quota = 200'000;
  EXPECT_EQ(rcpt("alice@example.test", 100'001), 452);
}

TEST_F(DeskTest, WithoutAQuotaNobodyIsAskedForRoom) {
  EXPECT_EQ(rcpt("carol@example.test", 1'000'000), 250);
  EXPECT_EQ(rcpt("carol@example.test"), 250);
  EXPECT_TRUE(house.hub.take().looks.empty());
}

TEST_F(DeskTest, ForASmallMessageNobodyIsAskedForRoom) {
  house.settings.quota = 100'000'000;
  EXPECT_EQ(rcpt("carol@example.test", 64 << 10), 250);
  EXPECT_EQ(rcpt("carol@example.test"), 250);
  EXPECT_TRUE(house.hub.take().looks.empty());
  EXPECT_EQ(rcpt("carol@example.test", (64 << 10) + 1), 250);
  EXPECT_FALSE(house.hub.take().looks.empty());
  house.hub.close_account(3);
  house.hub.take();
  EXPECT_EQ(rcpt("carol@example.test", 1000), 452);
}

TEST_F(DeskTest, WithoutAnAnswerAboutRoomMailIsTaken) {
  house.directory.quota = 100'000;
  EXPECT_EQ(rcpt("carol@example.test", 50'000), 250);
  EXPECT_EQ(rcpt("carol@example.test", 100'001), 552);
  house.hub.close_account(3);
  house.hub.take();
  EXPECT_EQ(rcpt("carol@example.test", 50'000), 452);
}

TEST_F(DeskTest, KnowsThePostmasterOfItsOwnDomain) {
  EXPECT_EQ(rcpt("Postmaster"), 250);
}

TEST_F(DeskTest, RefusesMailWhenTheDiskIsNearlyFull) {
  house.settings.minimum_free = std::int64_t{1} << 60;
  EXPECT_EQ(mail("a@client.example"), 452);
}

TEST_F(DeskTest, TroubleWithTheDirectoryIsNoRefusal) {
  house.directory.broken = true;
  auto peer = house.connect("smtp");
  peer->greet();
  EXPECT_TRUE(peer->send("EHLO x\r\nMAIL FROM:<>\r\n").ends_with("Ok\r\n"));
  EXPECT_TRUE(peer->send("RCPT TO:<alice@example.test>\r\n")
                  .starts_with("451 4.3.0"));
  house.directory.broken = false;
  EXPECT_TRUE(peer->send("RCPT TO:<alice@example.test>\r\n")
                  .starts_with("250"));
}

TEST_F(DeskTest, BelievesAReverseNameThatLeadsBack) {
  EXPECT_EQ(house.desk->client_name(client), "mx.client.example");
  client.address = "198.51.100.2";
  EXPECT_EQ(house.desk->client_name(client), "");
  client.address = "203.0.113.1";
  EXPECT_EQ(house.desk->client_name(client), "");
}

TEST_F(DeskTest, AsksForANameOnceAndNeverForItsOwn) {
  house.desk->client_name(client);
  const auto asked = house.resolver.asked().size();
  house.desk->client_name(client);
  client.loopback = true;
  client.address = "127.0.0.1";
  EXPECT_EQ(house.desk->client_name(client), "");
  EXPECT_EQ(house.resolver.asked().size(), asked);
}

TEST(NetworksTest, HoldWhatTheirBitsSay) {
  const Networks networks({"10.0.0.0/8", "192.0.2.1", "2001:db8::/33"});
  EXPECT_TRUE(networks.contains("10.255.0.1"));
  EXPECT_TRUE(networks.contains("::ffff:10.1.1.1"));
  EXPECT_FALSE(networks.contains("11.0.0.1"));
  EXPECT_TRUE(networks.contains("192.0.2.1"));
  EXPECT_FALSE(networks.contains("192.0.2.2"));
  EXPECT_TRUE(networks.contains("2001:db8:7fff::1"));
  EXPECT_FALSE(networks.contains("2001:db8:8000::1"));
  EXPECT_FALSE(networks.contains(""));
}

TEST(NetworksTest, ATypingMistakeEndsTheStart) {
  EXPECT_THROW(Networks({"10.0.0.0/33"}), Exit);
  EXPECT_THROW(Networks({"ten"}), Exit);
  EXPECT_THROW(Networks({"10.0.0.0/"}), Exit);
}

}  // namespace
}  // namespace mail::intake
