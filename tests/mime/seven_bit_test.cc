#include "mime/seven_bit.h"

#include <gtest/gtest.h>

#include <random>

#include "base/ascii.h"
#include "mime/header.h"

namespace mail::mime {
namespace {

const Passed kPassed = [](std::size_t) {};
constexpr std::string_view kUml = "\xc3\xa4";  // one letter

// The converted message, or "no: " and why not.
std::string convert(std::string_view message) {
  const auto plan = SevenBit::plan(message, kPassed);
  if (!plan) return "no: " + plan.error().why;
  std::string out;
  EXPECT_TRUE(plan->write(
      message,
      [&](std::string_view piece) {
        out += piece;
        return true;
      },
      kPassed));
  EXPECT_EQ(plan->size(), static_cast<std::int64_t>(out.size()));
  EXPECT_TRUE(is_ascii(out));
  return out;
}

std::string mime(std::string_view fields, std::string_view body) {
  return "MIME-Version: 1.0\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

TEST(SevenBitTest, TextBecomesQuotedPrintableAndAllElseBase64) {
  EXPECT_EQ(convert(mime("Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-transfer-encoding: 8bit\r\nSubject: x\r\n",
                         "a\xc3\xa4\r\n")),
            mime("Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n"
                 "Subject: x\r\n",
                 "a=C3=A4\r\n"));
  EXPECT_EQ(convert(mime("Content-Type: image/png\r\n", "\xff\xfe\xfd")),
            mime("Content-Type: image/png\r\n"
                 "Content-Transfer-Encoding: base64\r\n",
                 "//79\r\n"));
}

TEST(SevenBitTest, WhatWasNoMimeIsAfterwards) {
  EXPECT_EQ(convert("Subject: x\r\n\r\n\xe4\r\n"),
            "Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n"
            "Content-Type: text/plain; charset=unknown-8bit\r\n"
            "MIME-Version: 1.0\r\n\r\n=E4\r\n");
}

TEST(SevenBitTest, OnlyWhatHasToChangeDoes) {
  const std::string before =
      mime("Content-Type: multipart/mixed; boundary=b\r\n",
           "preamble\r\n--b\r\n\r\n.7 bit \r\n--b\r\n"
           "Content-Type: text/html\r\n\r\n");
  EXPECT_EQ(convert(before + "\xc3\xa4\r\n--b--\r\nepilogue"),
            before.substr(0, before.size() - 2) +
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                "=C3=A4\r\n--b--\r\nepilogue");
  EXPECT_EQ(convert(before + "x\r\n--b--\r\n"), before + "x\r\n--b--\r\n");
}

TEST(SevenBitTest, LabelsAreNotLargerThanWhatTheyStandOn) {
  EXPECT_EQ(
      convert(mime("Content-Type: multipart/mixed; boundary=b\r\n"
                   "Content-Transfer-Encoding: 8bit\r\n",
                   "--b\r\nContent-Transfer-Encoding: binary\r\n\r\nx\r\n"
                   "--b--\r\n")),
      mime("Content-Type: multipart/mixed; boundary=b\r\n"
           "Content-Transfer-Encoding: 7bit\r\n",
           "--b\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx\r\n--b--\r\n"));
}

TEST(SevenBitTest, LongLinesBareEndsAndNulsAreEncodedToo) {
  const std::string fields = "Content-Type: text/plain\r\n";
  const std::string encoded = "Content-Transfer-Encoding: quoted-printable";
  EXPECT_EQ(convert(mime(fields, std::string(998, 'x') + "\r\n")),
            mime(fields, std::string(998, 'x') + "\r\n"));
  for (const auto& body :
       {std::string(999, 'x') + "\r\n", std::string(999, 'x'),
        std::string("a\nb"), std::string("a\rb"), std::string("a\r"),
        std::string("a\0b", 3)}) {
    EXPECT_NE(convert(mime(fields, body)).find(encoded), std::string::npos)
        << body;
  }
}

TEST(SevenBitTest, MessagesInsideAreConvertedInside) {
  EXPECT_EQ(convert(mime("Content-Type: message/rfc822\r\n"
                         "Content-Transfer-Encoding: 8bit\r\n",
                         "Subject: inner\r\n\r\n\xe4")),
            mime("Content-Type: message/rfc822\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n",
                 "Subject: inner\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n"
                 "Content-Type: text/plain; charset=unknown-8bit\r\n"
                 "MIME-Version: 1.0\r\n\r\n=E4"));
  // RFC 6532 3.7.
  EXPECT_EQ(convert(mime("Content-Type: message/global\r\n",
                         "Subject: \xff\xfe\xfd")),
            mime("Content-Type: message/global\r\n"
                 "Content-Transfer-Encoding: base64\r\n",
                 "U3ViamVjdDog//79\r\n"));
}

TEST(SevenBitTest, WhatWasEncodedBadlyIsEncodedAnew) {
  EXPECT_EQ(convert(mime("Content-Type: text/plain\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n",
                         "=C3=A4\xc3\xa4 \r\n")),
            mime("Content-Type: text/plain\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n",
                 "=C3=A4=C3=A4\r\n"));
}

// A field taken away between two such lines would end the header there.
TEST(SevenBitTest, FieldsThatAreThereTwiceStayTwice) {
  const std::string encoding = "Content-Transfer-Encoding: ";
  EXPECT_EQ(convert(mime(encoding + "8bit\r\nno field\r\n" + encoding +
                             "binary\r\nno field\r\nContent-Type: text/html"
                             "\r\n",
                         "\xe4\r\n")),
            mime(encoding + "quoted-printable\r\nno field\r\n" + encoding +
                     "quoted-printable\r\nno field\r\nContent-Type: "
                     "text/html\r\n",
                 "=E4\r\n"));
}

TEST(SevenBitTest, WhatWouldBreakIsRefused) {
  const std::string multipart = "Content-Type: multipart/";
  const std::string parts = "; boundary=b\r\n";
  const std::string body = "--b\r\n\r\n\xc3\xa4\r\n--b--\r\n";
  for (const auto& [message, why] : std::map<std::string, std::string>{
           {"Subject: \xc3\xa4\r\n\r\nx", "header"},
           {mime(multipart + "mixed" + parts,
                 "--b\r\nContent-Disposition: attachment; filename=\xc3\xa4"
                 "\r\n\r\nx\r\n--b--\r\n"),
            "header"},
           {mime(multipart + "signed" + parts, body), "signed"},
           {mime(multipart + "encrypted" + parts, body), "signed"},
           {mime(multipart + "mixed" + parts, "\xc3\xa4\r\n" + body),
            "between"},
           {mime(multipart + "mixed" + parts, body + "\xc3\xa4"), "between"},
           {mime(multipart + "mixed; no=boundary\r\n", body), "encoded"},
           {mime(multipart + "mixed" + parts +
                     "Content-Transfer-Encoding: base64\r\n",
                 body),
            "itself"},
           {mime("Content-Type: message/delivery-status\r\n", "\xc3\xa4"),
            "message/delivery-status"},
           {mime("Content-Type: message/partial\r\n", "\xc3\xa4"),
            "message/partial"},
           {mime("Content-Transfer-Encoding: x-uuencode\r\n", "\xc3\xa4"),
            "x-uuencode"},
           {"Subject: x\r\nno field \xc3\xa4\r\n", "no end"},
           {"\xc3\xa4", "no fields"}}) {
    const auto answer = convert(message);
    EXPECT_TRUE(answer.starts_with("no: ")) << message;
    EXPECT_NE(answer.find(why), std::string::npos) << message << answer;
  }
}

TEST(SevenBitTest, WhatIsSignedStaysAsItIs) {
  const std::string sealed =
      "--s\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n"
      "--b\r\n\r\n" + std::string(2000, 'x') + "\r\n--b--\r\n--s\r\n\r\n";
  const auto out = convert(
      mime("Content-Type: multipart/mixed; boundary=s\r\n",
           sealed + std::string(kUml) + "\r\n--s--\r\n"));
  EXPECT_NE(out.find(sealed.substr(0, sealed.size() - 2)), std::string::npos)
      << out;
}

TEST(SevenBitTest, TheSinkCanEndIt) {
  const std::string message = "Subject: x\r\n\r\n" + std::string(1 << 20, 'x');
  const auto plan = SevenBit::plan(message, kPassed);
  ASSERT_TRUE(plan);
  int calls = 0;
  EXPECT_FALSE(plan->write(
      message, [&](std::string_view) { return ++calls < 3; }, kPassed));
  EXPECT_EQ(calls, 3);
}

// A tree of parts by chance, with boundaries that try to be taken for lines.
class Trees {
 public:
  explicit Trees(unsigned seed) : random_(seed) {}

  std::string message() {
    std::string fields;
    if (one_in(3)) fields = "Subject: x\r\n";
    if (!one_in(3)) fields += "MIME-Version: 1.0\r\n";
    return fields + (fields.empty() ? "X: y\r\n" : "") + part(0);
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  template <std::size_t N>
  std::string pick(const std::array<std::string_view, N>& words) {
    return std::string(words[random_() % N]);
  }

  std::string part(int depth) {
    if (depth < 4 && one_in(depth == 0 ? 2 : 4)) return multipart(depth);
    if (depth < 4 && one_in(8)) {
      return "Content-Type: message/rfc822\r\n" + label() + "\r\n" + message();
    }
    std::string fields = pick<6>(
        {"", "Content-Type: text/plain; charset=utf-8\r\n",
         "Content-Type: text/html\r\n", "Content-Type: image/png\r\n",
         "Content-Type: rubbish\r\n", "Content-Type: application/x\r\n"});
    return fields + label() + (one_in(9) ? "content-TRANSFER-encoding: 7bit"
                                           "\r\n" : "") + "\r\n" + body();
  }

  std::string multipart(int depth) {
    const std::string boundary =
        pick<4>({"b", "bb=", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "-"}) +
        std::to_string(depth);
    std::string text = "Content-Type: multipart/mixed; boundary=\"" +
                       boundary + "\"\r\n" + label() + "\r\npreamble\r\n";
    for (auto i = random_() % 4 + 1; i > 0; --i) {
      text += "--" + boundary + "\r\n" + part(depth + 1) + "\r\n";
    }
    if (!one_in(6)) text += "--" + boundary + "--\r\n";
    return text;
  }

  std::string label() {
    return pick<6>({"", "", "Content-Transfer-Encoding: 8bit\r\n",
                    "Content-Transfer-Encoding: 7bit\r\n",
                    "Content-Transfer-Encoding: quoted-printable\r\n",
                    "Content-Transfer-Encoding: Base64\r\n"});
  }

  std::string body() {
    std::string text;
    for (auto i = random_() % 30; i > 0; --i) {
      text += pick<16>({"a", "plain text", "\xc3\xa4", "\xff", "\r\n", "\r\n",
                        "--b0", "--bb=1", ".\r\n", " ", "\t", "=", "=4",
                        "=C3", "Zm9v", "\n"});
      if (one_in(20)) text += std::string(random_() % 1200, 'x') + "--b1\r\n";
    }
    return text;
  }

  std::mt19937 random_;
};

void expect_same(std::string_view before, const Part& one,
                 std::string_view after, const Part& two) {
  EXPECT_EQ(one.type + '/' + one.subtype, two.type + '/' + two.subtype);
  ASSERT_EQ(one.children.size(), two.children.size());
  if (one.children.empty()) {
    EXPECT_EQ(decode(body_of(before, one), one.transfer_encoding()),
              decode(body_of(after, two), two.transfer_encoding()));
  }
  for (std::size_t i = 0; i < one.children.size(); ++i) {
    expect_same(before, one.children[i], after, two.children[i]);
  }
}

TEST(SevenBitTest, EveryLeafDecodesToTheSameOctets) {
  int converted = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const std::string before = Trees(seed).message();
    const std::string after = convert(before);
    if (after.starts_with("no: ")) continue;
    converted += after != before ? 1 : 0;
    expect_same(before, parse_message(before), after, parse_message(after));
    // What is 7-bit text already stays.
    EXPECT_EQ(convert(after), after);
    if (HasFailure()) FAIL() << "seed " << seed << "\n" << before;
  }
  EXPECT_GT(converted, 1500);
}

}  // namespace
}  // namespace mail::mime
