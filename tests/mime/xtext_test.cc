#include "mime/xtext.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

TEST(XtextTest, CarriesEveryByte) {
  EXPECT_EQ(encode_xtext("a=b+c d"), "a+3Db+2Bc+20d");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(decode_xtext(encode_xtext(all)), all);
  EXPECT_EQ(decode_xtext(""), "");
}

TEST(XtextTest, RefusesWhatIsNone) {
  for (const char* bad : {"+", "+4", "+4g", "+4a", "a b", "a=b", "\xc3\xa9",
                          "a\r"}) {
    EXPECT_FALSE(decode_xtext(bad)) << bad;
  }
}

TEST(UnitextTest, WritesUtf8AddressesInAscii) {
  const std::string address = "jos\xc3\xa9+x@\xe4\xbe\x8b.\xf0\x9f\x93\xa7";
  const std::string text = "jos\\x{E9}\\x{2B}x@\\x{4F8B}.\\x{1F4E7}";
  EXPECT_EQ(encode_unitext(address), text);
  EXPECT_EQ(decode_unitext(text), address);
  EXPECT_EQ(decode_unitext("jos\xc3\xa9"), "jos\xc3\xa9");
  EXPECT_EQ(ascii_unitext("jos\xc3\xa9\\x{2B}a"), "jos\\x{E9}\\x{2B}a");
  EXPECT_EQ(ascii_unitext(text), text);
  EXPECT_EQ(encode_unitext("\t"), "\\x{09}");
  EXPECT_EQ(encode_unitext("\xff"), "\\x{FFFD}");
}

TEST(UnitextTest, RefusesWhatIsNone) {
  for (const char* bad : {"\\", "\\x{}", "\\x{1}", "\\x{D800}", "\\x{110000}",
                          "\\x{e9", "\\xe9}", "\\x{-1}", "\xff"}) {
    EXPECT_FALSE(decode_unitext(bad)) << bad;
  }
}

}  // namespace
}  // namespace mail::mime
