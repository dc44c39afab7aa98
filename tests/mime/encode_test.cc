#include "mime/encode.h"

#include <gtest/gtest.h>

#include <random>

#include "base/ascii.h"

namespace mail::mime {
namespace {

std::string encode(std::string_view bytes, Encoding encoding,
                   std::size_t step = std::string::npos) {
  Encoder encoder(encoding);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto piece = bytes.substr(at, step);
    out += encoder.add(piece);
    at += piece.size();
  }
  return out + encoder.finish();
}

std::string as_text(std::string_view bytes) {
  return encode(bytes, Encoding::QuotedPrintable);
}

TEST(EncodeTest, QuotesWhatMustBe) {
  EXPECT_EQ(as_text("plain text\r\n"), "plain text\r\n");
  EXPECT_EQ(as_text("a=b \xc3\xa4\r\n"), "a=3Db =C3=A4\r\n");
  EXPECT_EQ(as_text("blank \r\ntab\t\r\nend "),
            "blank=20\r\ntab=09\r\nend=20");
  EXPECT_EQ(as_text("bare\rcr\nlf\r"), "bare=0Dcr=0Alf=0D");
  EXPECT_EQ(as_text(" \r \r\n"), " =0D=20\r\n");
  EXPECT_EQ(as_text("\r\r\n"), "=0D\r\n");
  EXPECT_EQ(as_text(std::string_view("\0", 1)), "=00");
}

TEST(EncodeTest, NoLineBeginsAsABoundaryOrTheEndDoes) {
  EXPECT_EQ(as_text("--b\r\n.\r\na-.\r\n"), "=2D-b\r\n=2E\r\na-.\r\n");
  EXPECT_EQ(as_text(std::string(75, 'x') + "--b"),
            std::string(75, 'x') + "=\r\n=2D-b");
}

TEST(EncodeTest, WritesBase64InLines) {
  EXPECT_EQ(encode("abc", Encoding::Base64), "YWJj\r\n");
  EXPECT_EQ(encode("", Encoding::Base64), "");
  const auto lines = encode(std::string(120, 'a'), Encoding::Base64);
  EXPECT_EQ(lines.find("\r\n"), 76u);
  EXPECT_TRUE(lines.ends_with("\r\n"));
}

TEST(EncodeTest, WhatIsDecodedIsWhatWasEncoded) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    constexpr std::string_view kOften = "\r\n\r\n \t=-.ab";
    std::string bytes(random() % 400, '\0');
    for (char& c : bytes) {
      c = random() % 3 ? kOften[random() % kOften.size()]
                       : static_cast<char>(random());
    }
    for (const auto encoding : {Encoding::Base64, Encoding::QuotedPrintable}) {
      const auto whole = encode(bytes, encoding);
      EXPECT_EQ(decode(whole, encoding), bytes);
      EXPECT_EQ(encode(bytes, encoding, 1 + random() % 7), whole);
      EXPECT_TRUE(is_ascii(whole));
      for (const auto line : split(whole, '\n')) {
        EXPECT_LE(line.size(), 77u);  // its CR too
        EXPECT_FALSE(line.starts_with('-') || line.starts_with('.'));
      }
    }
  }
}

}  // namespace
}  // namespace mail::mime
