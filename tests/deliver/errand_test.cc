#include "deliver/errand.h"

#include <gtest/gtest.h>

#include "spool/spool.h"

namespace mail::deliver {
namespace {

Errand sample() {
  Errand errand;
  errand.number = 1ull << 63;
  errand.slot = 7;
  errand.id = spool::make_id(1'000'000);
  errand.hop = {Hop::Kind::Host, "smtp.example.net", 587, Hop::Protocol::Lmtp,
                Hop::Tls::Verified, "us"};
  errand.hosts = {{10, "a.example"}, {20, "b.example"}};
  errand.length = 4096;
  errand.prefix = "Return-Path: <>\r\nX: 100%\t\r\n";
  errand.sender = "ann@example.org";
  errand.ret = "HDRS";
  errand.envid = "QQ+2B";
  errand.has_8bit = true;
  errand.require_tls = true;
  errand.life = 99;
  errand.recipients = {{"bob@example.test", "rfc822;b", "NEVER"},
                       {"\xc3\xa4@example.test", "", ""}};
  return errand;
}

TEST(ErrandTest, ArrivesAsItWasSent) {
  const Errand sent = sample();
  const auto got = parse_to_sender(to_packet(ToSender(sent)));
  ASSERT_TRUE(got) << got.error().why;
  const auto& errand = std::get<Errand>(*got);
  EXPECT_EQ(errand.number, sent.number);
  EXPECT_EQ(errand.slot, 7u);
  EXPECT_EQ(errand.hop, sent.hop);
  EXPECT_EQ(errand.hosts, sent.hosts);
  EXPECT_EQ(errand.prefix, sent.prefix);
  EXPECT_EQ(errand.life, 99u);
  EXPECT_TRUE(errand.has_8bit && errand.require_tls);
  EXPECT_FALSE(errand.smtputf8 || errand.secure);
  ASSERT_EQ(errand.recipients.size(), 2u);
  EXPECT_EQ(errand.recipients[1].address, "\xc3\xa4@example.test");
  EXPECT_EQ(to_packet(ToSender(errand)), to_packet(ToSender(sent)));
}

TEST(ErrandTest, ReportsArriveAsTheyWereSent) {
  Report report{.number = 3, .slot = 4, .site = Report::Site::Busy,
                .open = true, .damaged = true, .why = "too many", .visits = {},
                .verdicts = {}};
  report.visits = {{"mx.example", "192.0.2.1", "TLSv1.3 X", true, false},
                   {"mx2.example", "192.0.2.2", "", false, true}};
  report.verdicts = {{Verdict::Outcome::Delivered, 250, "2.0.0", "ok", 0,
                      false, true},
                     {Verdict::Outcome::Permanent, 550, "5.1.1", "a\tb\n", 1},
                     {Verdict::Outcome::Temporary, 0, "4.4.2", "lost", 1, true}};
  const auto got = parse_from_sender(to_packet(FromSender(report)));
  ASSERT_TRUE(got) << got.error().why;
  const auto& back = std::get<Report>(*got);
  EXPECT_EQ(back.site, Report::Site::Busy);
  EXPECT_TRUE(back.open && back.damaged);
  EXPECT_EQ(back.verdicts, report.verdicts);
  EXPECT_EQ(back.visits, report.visits);
}

TEST(ErrandTest, TheSmallPacketsArrive) {
  const Found found{.number = 5, .outcome = Found::Outcome::Hosts,
                    .hosts = {{0, "a.example"}}, .site = "a.example",
                    .ttl = 60, .why = "", .enhanced = "", .secure = true};
  const auto got = parse_from_sender(to_packet(FromSender(found)));
  ASSERT_TRUE(got);
  EXPECT_EQ(std::get<Found>(*got).hosts, found.hosts);
  EXPECT_TRUE(std::get<Found>(*got).secure);
  const auto lookup =
      parse_to_sender(to_packet(ToSender(Lookup{9, "example.org", 2})));
  ASSERT_TRUE(lookup);
  EXPECT_EQ(std::get<Lookup>(*lookup).domain, "example.org");
  EXPECT_EQ(std::get<Closed>(
                *parse_from_sender(to_packet(FromSender(Closed{8})))).slot,
            8u);
  EXPECT_EQ(std::get<Ready>(
                *parse_from_sender(to_packet(FromSender(Ready{1})))).life,
            1u);
}

TEST(ErrandTest, AHundredLongRecipientsFitIntoAPacket) {
  Errand errand = sample();
  errand.recipients.assign(
      kMaxErrandRecipients,
      {std::string(64, 'a') + "@" + std::string(255, 'b'),
       "rfc822;" + std::string(493, 'c'), "SUCCESS,FAILURE,DELAY"});
  errand.prefix = std::string(16 << 10, 'p');
  EXPECT_LE(to_packet(ToSender(errand)).size(), kMaxErrandPacket);
}

// What cannot be written without an escape takes three times its room.
TEST(ErrandTest, AHundredLongAnswersFitIntoAPacket) {
  Report report;
  report.why = std::string(500, '%');
  report.verdicts.resize(kMaxErrandRecipients);
  for (auto& verdict : report.verdicts) verdict.text = std::string(500, '%');
  report.verdicts[0].text = std::string(500, 'x');
  const std::string packet = to_packet(FromSender(report));
  EXPECT_LE(packet.size(), kMaxErrandPacket);
  const auto got = parse_from_sender(packet);
  ASSERT_TRUE(got) << got.error().why;
  const auto& arrived = std::get<Report>(*got);
  EXPECT_EQ(arrived.verdicts[0].text, report.verdicts[0].text);
  EXPECT_EQ(arrived.verdicts[1].text.substr(0, 100), std::string(100, '%'));
}

TEST(ErrandTest, WhatIsNotWholeIsRefused) {
  const std::string errand = to_packet(ToSender(sample()));
  for (std::size_t cut = 0; cut < errand.size(); ++cut) {
    const auto got = parse_to_sender(errand.substr(0, cut));
    // Cut behind a recipient it is an errand still, for fewer.
    if (got) {
      EXPECT_EQ(errand[cut - 1], '\n');
    }
  }
  for (const char* bad :
       {"", "\n", "report\t1\n", "ready\n", "closed\t-1\n", "closed\t1\n\n",
        "closed\t99999999999\n", "found\t1\thosts\ts\t0\t\t\t0\n",
        "report\t1\t1\tfine\t0\t0\nverdict\tmaybe\t250\t\t\t0\t0\n",
        "report\t1\t1\tfine\t0\t0\nverdict\tdelivered\t250\t\t\t1\t0\n",
        "report\t1\t1\tfine\t0\t0\nvisit\t\t\t\t2\t0\n",
        "report\t1\t1\tfine\t2\t0\n"}) {
    EXPECT_FALSE(parse_from_sender(bad)) << bad;
  }
}

}  // namespace
}  // namespace mail::deliver
