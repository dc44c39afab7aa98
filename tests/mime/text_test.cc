// Charsets, encoded words, parameters, message ids and base subjects.
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "mime/base_subject.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/message_id.h"
#include "mime/parameter.h"

namespace mail::mime {
namespace {

struct Case {
  std::string_view in;
  std::string_view out;
};

TEST(CharsetTest, ConvertsToUtf8) {
  const struct {
    std::string_view text;
    std::string_view charset;
    std::string_view utf8;
  } kCases[] = {
      {"abc", "us-ascii", "abc"},
      {"\xFC", "iso-8859-1", "\xC3\xBC"},
      {"\x80", "ISO-8859-1", "\xE2\x82\xAC"},  // windows-1252 in disguise
      {"\xA4", "iso-8859-15", "\xE2\x82\xAC"},
      {"\xC3\xBC\xFF", "utf-8", "\xC3\xBC\xEF\xBF\xBD"},
      {"\xC3\xBC", "us-ascii", "\xC3\xBC"},
      {"\xFC", "", "\xC3\xBC"},
      {"\xFC", "no-such-charset", "\xC3\xBC"},
      {"\xC4\xE3", "gb2312", "\xE4\xBD\xA0"},
      {"\x82\xA0", "Shift_JIS", "\xE3\x81\x82"},
      {"\x1B$B$\"\x1B(B", "iso-2022-jp", "\xE3\x81\x82"},
      {"\xCF", "koi8-r", "\xD0\xBE"},
      {"\xB0\xA1", "ks_c_5601-1987", "\xEA\xB0\x80"},
      // Beyond KS X 1001: the Unified Hangul Code.
      {"\x81\x41\\", "euc-kr", "\xEA\xB0\x82\\"},
      {"\x81\x41", "CP949", "\xEA\xB0\x82"},
      {"\x1B$)C\x0E\x30\x21\x0F\\", "iso-2022-kr", "\xEA\xB0\x80\\"},
      {"\xD1\xA7~", "chinese", "\xE5\xAD\xA6~"},
      {"\xD0", "iso-8859-9", "\xC4\x9E"},
      // Nothing between two shifts.
      {"\x1B$B$\"\x1B(B\x1B$B$$\x1B(B", "iso-2022-jp",
       "\xE3\x81\x82\xE3\x81\x84"},
      {"\x1B$B\x1B(Bx", "iso-2022-jp", "x"},
      {"\x1B$)C\x0E\x0Fx", "iso-2022-kr", "x"},
      {"~{VP~}~{ND~}!", "hz-gb-2312", "\xE4\xB8\xAD\xE6\x96\x87!"},
      {"~{~}x", "hz-gb-2312", "x"},
      // But what cannot be read is said.
      {"a\x1B$", "iso-2022-jp", "a\xEF\xBF\xBD"},
      {"a\xFF", "euc-jp", "a\xEF\xBF\xBD"},
      {"x", "../../etc/passwd", "x"},
  };
  for (const auto& [text, charset, utf8] : kCases) {
    EXPECT_EQ(to_utf8(text, charset), utf8) << charset;
  }
}

// RFC 1557 (Korean), RFC 1468, 1843, 1922 and what Windows and IBM made.
TEST(CharsetTest, LeavesAsciiWhatItIs) {
  std::string ascii;
  for (char c = ' '; c < 0x7F; ++c) ascii += c;
  for (const auto charset :
       {"euc-kr", "x-euc-kr", "ks_c_5601-1987", "ks_c_5601-1989", "ksc_5601",
        "korean", "cp949", "ms949", "uhc", "949", "ibm-949", "x-ibm949",
        "windows-949", "ibm-1363", "ibm-971", "iso-2022-kr", "csiso2022kr",
        "shift_jis", "x-sjis", "ms_kanji", "windows-31j", "cp932", "cp943",
        "ibm-943", "943", "euc-jp", "x-euc-jp", "cp33722", "ibm-5050",
        "iso-2022-jp", "csiso2022jp", "iso-2022-jp-1", "iso-2022-jp-2", "jis",
        "gb2312", "gb_2312-80", "chinese", "iso-ir-58", "gbk", "x-gbk", "cp936",
        "euc-cn", "cn-gb", "gb18030", "iso-2022-cn", "big5", "big5-hkscs",
        "cn-big5", "euc-tw", "tis-620", "windows-874", "cp437", "cp850",
        "ibm864", "koi8-r", "koi8-u", "macintosh", "iso-8859-6",
        "iso-8859-8-i", "windows-1258"}) {
    EXPECT_TRUE(knows_charset(charset)) << charset;
    EXPECT_EQ(to_utf8(ascii, charset), ascii) << charset;
  }
  EXPECT_EQ(to_utf8("a\\b~~c", "hz-gb-2312"), "a\\b~c");
}

TEST(CharsetTest, ConvertsMoreThanOneBufferFull) {
  std::string text;
  std::string wanted;
  for (int i = 0; i < 50'000; ++i) {
    text += "\xC4\xE3";
    wanted += "\xE4\xBD\xA0";
  }
  EXPECT_EQ(to_utf8(text, "gbk"), wanted);
}

TEST(CharsetTest, KnowsNames) {
  for (const auto name : {"UTF-8", "us-ascii", "iso-8859-2", "koi8-r", "big5"})
    EXPECT_TRUE(knows_charset(name)) << name;
  for (const auto name : {"", "x-nothing", "a,b", "../x"})
    EXPECT_FALSE(knows_charset(name)) << name;
}

TEST(EncodedWordTest, Decodes) {
  const Case kCases[] = {
      {"plain text", "plain text"},
      {"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"},
      {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xC3\xA9 Pirard"},
      {"=?utf-8?B?w7w=?=", "\xC3\xBC"},
      {"=?utf-8?b?w7w?=", "\xC3\xBC"},  // padding missing
      // RFC 2047 section 8.
      {"(=?ISO-8859-1?Q?a?=)", "(a)"},
      {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"=?ISO-8859-1?Q?a_b?=", "a b"},
      {"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
      // A character cut in two.
      {"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "\xC3\xBC"},
      // Words of a charset with shifts begin and end with ASCII (RFC 1468).
      {"=?ISO-2022-JP?B?GyRCJCIbKEI=?=\r\n =?iso-2022-jp?B?GyRCJCQbKEI=?=",
       "\xE3\x81\x82\xE3\x81\x84"},
      {"=?hz-gb-2312?q?~{VP~}?= =?hz-gb-2312?q?~{ND~}?=",
       "\xE4\xB8\xAD\xE6\x96\x87"},
      {"=?euc-kr?q?a\\b=B0?= =?euc-kr?q?=A1?=", "a\\b\xEA\xB0\x80"},
      {"=?utf-7?q?+BB8?= =?UTF-7?q?+BEA?=", "\xD0\x9F\xD1\x80"},
      {"=?utf-8*en?q?x?=", "x"},
      {"=?utf-8?q?x_?=", "x "},
      {"=?utf-8?q?" "?=", ""},
      {"=?utf-8?q?a", "=?utf-8?q?a"},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
      {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
      {"=?", "=?"},
      {"caf\xE9", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "caf\xC3\xA9"},
      {"=?utf-8?q?a=0D=0Ab=00?=", "a  b "},
      {" folded\r\n line ", "folded line"},
  };
  for (const auto& [in, out] : kCases) EXPECT_EQ(decode_text(in), out) << in;
}

TEST(EncodedWordTest, DecodesWhatItEncodes) {
  std::string longest;
  for (int i = 0; i < 100; ++i)
    longest +=
        "\xE2\x82\xAC"
        "a";
  for (const std::string& text :
       {std::string("plain"), std::string("gr\xC3\xBC\xC3\x9F"),
        std::string("=?x?q?y?="), std::string("\xE4\xBD\xA0\xE5\xA5\xBD"),
        longest, std::string(2'000, 'x')}) {
    const std::string encoded = encode_text(text);
    EXPECT_EQ(decode_text(encoded), text);
    for (const auto line : split(encoded, '\n')) EXPECT_LE(line.size(), 998u);
  }
  const std::string encoded = encode_text(longest);
  for (const auto line : split(encoded, '\n')) {
    EXPECT_LE(trim(line).size(), 75u);
  }
}

TEST(EncodedWordTest, ReadsNoMoreThanItsLimit) {
  EXPECT_EQ(decode_text(std::string(2 * kMaxValue, 'x')).size(), kMaxValue);
}

std::string shown(std::string_view value) {
  const auto parsed = parse_parameterized(value);
  std::string out = parsed.value;
  for (const auto& [name, text] : parsed.parameters) {
    out += ";" + name + "=" + text;
  }
  return out;
}

TEST(ParameterTest, ReadsParameters) {
  const Case kCases[] = {
      {"", ""},
      {"Text/Plain", "text/plain"},
      {"text/plain; Charset=UTF-8", "text/plain;charset=UTF-8"},
      {"text / plain ;charset = \"utf-8\"", "text/plain;charset=utf-8"},
      {"text/plain (c); (c) charset=(c)utf-8 (c)", "text/plain;charset=utf-8"},
      {"a/b;x=\"1;2\";y=3", "a/b;x=1;2;y=3"},
      {"a/b;x=\"a\\\"b\"", "a/b;x=a\"b"},
      {"a/b;x=1;x=2", "a/b;x=1"},
      {"a/b charset=utf-8 format=flowed", "a/b;charset=utf-8;format=flowed"},
      {"attachment; filename=my file.pdf", "attachment;filename=my file.pdf"},
      {"attachment; filename=my file.pdf; size=3",
       "attachment;filename=my file.pdf;size=3"},
      {"attachment; filename=\"a.pdf", "attachment;filename=a.pdf"},
      {"a/b;;; x=1 ;", "a/b;x=1"},
      {"a/b; x", "a/b"},
      {"a/b; x=", "a/b;x="},
      {"a/b; =y; z=1", "a/b;z=1"},
      // RFC 2231 sections 3 and 4.
      {"message/external-body; URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu\"",
       "message/external-body;url=ftp://cs.utk.edu"},
      {"a/b; x*1=b; x*0=a; x*2=c", "a/b;x=abc"},
      {"a/b; t*=us-ascii'en-us'This%20is", "a/b;t*=us-ascii'en-us'This%20is"},
      {"a/b; t*0*=us-ascii'en'a%20; t*1*=%2A; t*2=\"5%\"",
       "a/b;t*=us-ascii'en'a%20%2A5%25"},
  };
  for (const auto& [in, out] : kCases) EXPECT_EQ(shown(in), out) << in;
}

TEST(ParameterTest, DecodesTexts) {
  const struct {
    std::string_view value;
    std::string_view text;
  } kCases[] = {
      {"a; n=x", "x"},
      {"a; n*=utf-8''na%C3%AFve", "na\xC3\xAFve"},
      {"a; n*=iso-8859-1'fr'na%EFve; n=naive", "na\xC3\xAFve"},
      {"a; n*0*=utf-8''%C3; n*1*=%AF", "\xC3\xAF"},
      {"a; n=\"=?utf-8?q?na=C3=AFve?=\"", "na\xC3\xAFve"},
      {"a; n=\"na\xEFve\"", "na\xC3\xAFve"},
      {"a; n*=plain%20", "plain "},
      {"a; n*=utf-8''a%0D%0Ab%", "a  b%"},
      {"a; m=x", ""},
  };
  for (const auto& [value, text] : kCases) {
    EXPECT_EQ(text_of(parse_parameterized(value).parameters, "n"), text)
        << value;
  }
}

TEST(ParameterTest, HoldsItsLimits) {
  std::string many = "a/b";
  for (int i = 0; i < 50'000; ++i) many += "; p" + std::to_string(i) + "=v";
  EXPECT_EQ(parse_parameterized(many).parameters.size(), kMaxParameters);
  std::string pieces = "a/b";
  for (int i = 0; i < 50'000; ++i) pieces += "; p*" + std::to_string(i) + "=v";
  EXPECT_EQ(parse_parameterized(pieces).parameters.size(), 1u);
}

TEST(MessageIdTest, FindsIds) {
  const struct {
    std::string_view value;
    std::vector<std::string> ids;
  } kCases[] = {
      {"", {}},
      {"<a@x>", {"a@x"}},
      {"<a@x> <b@y>\r\n <c@z>", {"a@x", "b@y", "c@z"}},
      {"<a@x><b@y>", {"a@x", "b@y"}},
      {"(see <c@d>) <\"a\"@x>", {"a@x"}},
      {"<a\r\n @x>", {"a@x"}},
      {"a@x", {"a@x"}},
      {"Your message of \"Mon\" <a@x>", {"a@x"}},
      {"<a@x", {"a@x"}},
      {"<>", {}},
      {"no id", {}},
      {"(unclosed <a@x>", {"a@x"}},
  };
  for (const auto& [value, ids] : kCases) {
    EXPECT_EQ(message_ids(value), ids) << value;
  }
  EXPECT_EQ(message_id("<a@x> <b@y>"), "a@x");
}

TEST(MessageIdTest, KeepsTheFirstAndTheNewest) {
  std::string value;
  for (int i = 0; i < 3'000; ++i) value += "<" + std::to_string(i) + "@x> ";
  const auto ids = message_ids(value);
  ASSERT_EQ(ids.size(), kMaxIds);
  EXPECT_EQ(ids.front(), "0@x");
  EXPECT_EQ(ids.back(), "2999@x");
}

TEST(BaseSubjectTest, FollowsRfc5256) {
  const struct {
    std::string_view value;
    std::string_view base;
    bool reply;
  } kCases[] = {
      {"hello", "hello", false},
      {"Re: hello", "hello", true},
      {"RE : re:Fwd:  fw: hello", "hello", true},
      {"[list] Re: hello", "hello", true},
      {"[list] hello", "hello", false},
      {"[a][b] hello", "hello", false},
      {"Re[2]: hello", "hello", true},
      {"Re: [list] [x]", "[x]", true},
      {"[x]", "[x]", false},
      {"hello (fwd) (FWD) ", "hello", true},
      {"[fwd: Re: hello]", "hello", true},
      {"[Fwd: [fwd: x] (fwd)]", "x", true},
      {"Re:", "", true},
      {"", "", false},
      {"Rethink: x", "Rethink: x", false},
      {"=?utf-8?q?Re:_gr=C3=BC=C3=9F?=", "gr\xC3\xBC\xC3\x9F", true},
      {"a \t  b\r\n  c", "a b c", false},
      {"[fwd:]", "", true},
  };
  for (const auto& [value, base, reply] : kCases) {
    const auto subject = base_subject(value);
    EXPECT_EQ(subject.text, base) << value;
    EXPECT_EQ(subject.reply_or_forward, reply) << value;
  }
}

}  // namespace
}  // namespace mail::mime
