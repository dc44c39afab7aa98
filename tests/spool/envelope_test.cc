#include "spool/envelope.h"

#include <gtest/gtest.h>

namespace mail::spool {
namespace {

Envelope full() {
  Envelope e;
  e.arrived = 1767225600000000;
  e.sender = "ann@example.org";
  e.ret = "HDRS";
  e.envid = "QQ314159";
  e.account = 17;
  e.client_address = "2001:db8::1";
  e.client_name = "mx.example.org";
  e.helo = "odd \r\nrecipient eve@example.test";
  e.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  e.protocol = "ESMTPSA";
  e.smtputf8 = e.eight_bit_mime = e.require_tls = true;
  e.hold_until = 1;
  e.deliver_by = 2;
  e.priority = -3;
  e.prefix = "Date: x\r\nX-Percent: 100%\r\n";
  e.has_8bit = e.has_long_line = e.has_leading_dot = true;
  e.recipients = {{"bob@example.test", "rfc822;bob@example.test", "NEVER"},
                  {"jos\xc3\xa9@example.test", "", ""}};
  e.report_on = "01ARZ3NDEKTSV4RRFFQ69G5FAV 0";
  e.settles = {"0 bob@example.test", "delay"};
  return e;
}

TEST(EnvelopeTest, ComesBackAsItWas) {
  const auto again = parse_envelope(serialize(full()));
  ASSERT_TRUE(again);
  EXPECT_EQ(serialize(*again), serialize(full()));
  EXPECT_EQ(again->helo, full().helo);
  EXPECT_EQ(again->prefix, full().prefix);
  EXPECT_EQ(again->priority, -3);
  EXPECT_EQ(again->settles, full().settles);
  ASSERT_EQ(again->recipients.size(), 2u);
  EXPECT_EQ(again->recipients[0].notify, "NEVER");
  EXPECT_EQ(again->recipients[1].address, "jos\xc3\xa9@example.test");
}

TEST(EnvelopeTest, WritesOneRecordALine) {
  Envelope e;
  e.arrived = 5;
  e.helo = "a\nb";
  e.recipients = {{"bob@example.test", {}, {}}};
  EXPECT_EQ(serialize(e),
            "staunch-envelope 1\narrived 5\nsender \nhelo a%0Ab\n"
            "recipient bob@example.test\nend\n");
}

TEST(EnvelopeTest, RefusesEveryFront) {
  const std::string text = serialize(full());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_envelope(text.substr(0, size))) << size;
  }
}

TEST(EnvelopeTest, SkipsRecordsOfLaterVersions) {
  const auto e = parse_envelope("staunch-envelope 1\nfuture x\nend\n");
  EXPECT_TRUE(e);
}

TEST(EnvelopeTest, RefusesWhatIsNotWhole) {
  for (const std::string text :
       {"staunch-envelope 2\nend\n", "staunch-envelope 1\narrived x\nend\n",
        "staunch-envelope 1\nsender %4\nend\n",
        "staunch-envelope 1\nsender %zz\nend\n",
        "staunch-envelope 1\nnotify NEVER\nend\n",
        "staunch-envelope 1\nsmtputf8 1\nend\n",
        "staunch-envelope 1\nend\nsender x\n"}) {
    EXPECT_FALSE(parse_envelope(text)) << text;
  }
}

}  // namespace
}  // namespace mail::spool
