#include "mime/binary_parts.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

std::string rewritten(std::string_view message) {
  std::string out;
  without_binary(message, [&](std::string_view piece) { out += piece; });
  return out;
}

TEST(BinaryPartsTest, LeavesTextAlone) {
  const std::string text =
      "Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\xFCn\r\n";
  EXPECT_EQ(rewritten(text), text);
  EXPECT_EQ(rewritten(""), "");
  EXPECT_EQ(rewritten("no header"), "no header");
}

TEST(BinaryPartsTest, EncodesABinaryBody) {
  EXPECT_EQ(rewritten("A: b\r\nContent-Transfer-Encoding: BINARY\r\nC: d\r\n"
                      "\r\n\nx"),
            "Content-Transfer-Encoding: base64\r\nA: b\r\nC: d\r\n\r\n"
            "Cng=\r\n");
}

TEST(BinaryPartsTest, EncodesBodiesWithNulWhateverTheySay) {
  const std::string_view body("A: b\r\n\r\na\0b", 11);
  EXPECT_EQ(rewritten(body),
            "Content-Transfer-Encoding: base64\r\nA: b\r\n\r\nYQBi\r\n");
}

TEST(BinaryPartsTest, EncodesPartsAndCallsWhatHoldsThemEightBit) {
  EXPECT_EQ(rewritten("Content-Type: multipart/mixed; boundary=b\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\n"
                      "--b\r\n\r\ntext\r\n--b\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\n\x01\r\n"
                      "--b--\r\n"),
            "Content-Transfer-Encoding: 8bit\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            "--b\r\n\r\ntext\r\n--b\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\nAQ==\r\n\r\n--b--\r\n");
}

}  // namespace
}  // namespace mail::mime
