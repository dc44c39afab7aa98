#include "mime/decode.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

struct Case {
  std::string_view in;
  std::string_view out;
};

void check(Encoding encoding, std::span<const Case> cases) {
  for (const auto& [in, out] : cases) {
    EXPECT_EQ(decode(in, encoding), out) << in;
    // The same in any pieces.
    for (std::size_t size = 1; size < 4; ++size) {
      Decoder decoder(encoding);
      std::string pieces;
      for (std::size_t at = 0; at < in.size(); at += size) {
        pieces += decoder.add(in.substr(at, size));
      }
      EXPECT_EQ(pieces + decoder.finish(), out) << in;
    }
  }
}

TEST(DecodeTest, DecodesBase64) {
  const Case kCases[] = {
      {"", ""},
      {"YQ==", "a"},
      {"YWI=", "ab"},
      {"YWJj", "abc"},
      {"YW\r\nJj", "abc"},
      {"YQ", "a"},
      {"YWI", "ab"},
      {"Y", ""},
      {"YQ==YWI=", "aab"},
      {"!Y*W-J?j", "abc"},
      {"====", ""},
  };
  check(Encoding::Base64, kCases);
}

TEST(DecodeTest, DecodesQuotedPrintable) {
  const Case kCases[] = {
      {"", ""},
      {"plain\r\ntext", "plain\r\ntext"},
      {"a=3Db", "a=b"},
      {"a=3db", "a=b"},
      {"a=\r\nb", "ab"},
      {"a=\nb", "ab"},
      {"a= \t\r\nb", "ab"},
      {"a \t\r\nb", "a\r\nb"},  // transport padding
      {"a b", "a b"},
      {"a ", "a"},
      {"a=", "a"},
      {"a=4", "a=4"},
      {"a=G1b", "a=G1b"},
      {"a==41", "a=A"},
      {"a\rb", "a\rb"},
      {"= b", "= b"},
      {"\xFC", "\xFC"},
  };
  check(Encoding::QuotedPrintable, kCases);
}

TEST(DecodeTest, StopsAtTheLimit) {
  EXPECT_EQ(decode("YWJj", Encoding::Base64, 2), "ab");
  EXPECT_EQ(decode("abc", Encoding::Identity, 2), "ab");
  const std::string big(1 << 20, 'Y');
  EXPECT_EQ(decode(big, Encoding::Base64, 100).size(), 100u);
}

TEST(DecodeTest, KnowsEncodings) {
  EXPECT_EQ(parse_encoding(" BASE64 "), Encoding::Base64);
  EXPECT_EQ(parse_encoding("Quoted-Printable"), Encoding::QuotedPrintable);
  EXPECT_EQ(parse_encoding("8bit"), Encoding::Identity);
}

}  // namespace
}  // namespace mail::mime
