#include "sasl/packet.h"

#include <gtest/gtest.h>

namespace mail::sasl {
namespace {

using namespace std::literals;

TEST(PacketTest, IsReadAsItWasWritten) {
  const Packet packet{Kind::Control, 77, {"", "a\0b"s, std::string(999, 'x')}};
  const auto bytes = encode(packet);
  ASSERT_TRUE(bytes);
  const auto again = decode(*bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, Kind::Control);
  EXPECT_EQ(again->number, 77u);
  EXPECT_EQ(again->fields, packet.fields);
}

TEST(PacketTest, IsNotReadWhenAnythingIsMissingOrTooMuch) {
  const std::string bytes = *encode({Kind::Step, 1, {"one", "two"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode(bytes + 'x'));
  EXPECT_FALSE(decode('\x09' + bytes.substr(1)));
  EXPECT_FALSE(decode("\x04\0X"sv));
  EXPECT_FALSE(encode({Kind::Step, 1, {std::string(kMaxPacket, 'x')}}));
}

TEST(PacketTest, CarriesAttemptsAndAnswers) {
  const Attempt attempt{"PLAIN", "", "imap", "192.0.2.1", true, "e", "p"};
  const auto same = attempt_from(fields_of(attempt));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->initial, "");
  EXPECT_TRUE(same->secure);
  EXPECT_EQ(same->tls_server_end_point, "p");
  EXPECT_FALSE(attempt_from({"PLAIN"}));
  EXPECT_FALSE(answer_from({"9", "", "", "1", "", "0"}));
  EXPECT_FALSE(answer_from({"1", "", "", "-1", "", "0"}));
}

}  // namespace
}  // namespace mail::sasl
