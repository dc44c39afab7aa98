#include "smtp/scanner.h"

#include <gtest/gtest.h>

namespace mail::smtp {
namespace {

struct Collected : Scanner::Sink {
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

struct Result {
  std::string text;
  std::string rest;  // what was not used
  bool ended = false;
  Facts facts;
};

// Feeds the bytes in two pieces (cut anywhere), what is unused again.
Result scan(Scanner::Form form, std::string_view bytes, std::size_t cut) {
  Collected out;
  Scanner scanner(form, out);
  Result result;
  const auto first = scanner.scan(bytes.substr(0, cut));
  std::size_t used = first.used;
  result.ended = first.ended;
  while (!result.ended && used < bytes.size()) {
    const auto step = scanner.scan(bytes.substr(used));
    used += step.used;
    result.ended = step.ended;
    if (step.used == 0) break;
  }
  scanner.finish();
  result.text = out.text;
  result.rest = bytes.substr(used);
  result.facts = scanner.facts();
  return result;
}

Result dotted(std::string_view bytes) {
  return scan(Scanner::Form::Dotted, bytes, bytes.size());
}
Result plain(std::string_view bytes) {
  return scan(Scanner::Form::Plain, bytes, bytes.size());
}

TEST(ScannerTest, TakesAwayTheDotsOfStuffing) {
  const auto r = dotted("a\r\n..b\r\n.c\r\n...\r\n.\r\nNOOP\r\n");
  EXPECT_EQ(r.text, "a\r\n.b\r\nc\r\n..\r\n");
  EXPECT_TRUE(r.ended);
  EXPECT_EQ(r.rest, "NOOP\r\n");
  EXPECT_TRUE(r.facts.has_leading_dot);
}

// Its first line would continue our Received field.
TEST(ScannerTest, WhatBeginsWithABlankHasNoHeader) {
  const std::string spoofed =
      " (spoofed); Mon, 1 Jan 2001 00:00:00 +0000\r\nDate: x\r\n\r\nb\r\n";
  for (std::size_t cut = 0; cut <= spoofed.size(); ++cut) {
    const auto r = scan(Scanner::Form::Plain, spoofed, cut);
    EXPECT_EQ(r.text, "\r\n" + spoofed) << cut;
    EXPECT_FALSE(r.facts.has_date);
  }
  EXPECT_EQ(plain("\tby other (x)\r\n").text, "\r\n\tby other (x)\r\n");
  EXPECT_EQ(dotted(". x\r\n.\r\n").text, "\r\n x\r\n");
  for (const std::string sound :
       {"\r\n body\r\n", "A: b\r\n c\r\n\r\n d\r\n", "\r\n\r\n x\r\n"}) {
    EXPECT_EQ(plain(sound).text, sound);
  }
  EXPECT_EQ(plain("\n x\r\n").text, "\r\n x\r\n");
}

TEST(ScannerTest, AnEmptyMessageIsADotAlone) {
  EXPECT_TRUE(dotted(".\r\n").ended);
  EXPECT_EQ(dotted(".\r\n").text, "");
}

TEST(ScannerTest, OnlyCrLfDotCrLfEndsData) {
  for (const std::string near :
       {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n",
        "\r\n.\rx", "\n\r.\r\n", "\r\r\n.\r\r\n"}) {
    const auto r = dotted("a" + near + "MAIL FROM:<x@y.example>\r\n.\r\n");
    EXPECT_TRUE(r.ended) << testing::PrintToString(near);
    EXPECT_NE(r.text.find("MAIL"), std::string::npos)
        << testing::PrintToString(near);
    EXPECT_TRUE(r.facts.has_bare_newline) << testing::PrintToString(near);
  }
}

TEST(ScannerTest, MakesEveryBareNewlineCrLf) {
  EXPECT_EQ(dotted("a\nb\rc\r\r\nd\r\n.\r\n").text,
            "a\r\nb\r\nc\r\n\r\nd\r\n");
  EXPECT_EQ(plain("a\nb\rc").text, "a\r\nb\r\nc\r\n");
  EXPECT_FALSE(dotted("a\r\nb\r\n.\r\n").facts.has_bare_newline);
}

TEST(ScannerTest, ChunksHaveNoDots) {
  const auto r = plain("..a\r\n.\r\nb");
  EXPECT_EQ(r.text, "..a\r\n.\r\nb\r\n");
  EXPECT_FALSE(r.ended);
}

TEST(ScannerTest, NotesWhatSendersMustKnow) {
  EXPECT_TRUE(plain("12345678\xc3\xa9\r\n").facts.has_8bit);
  EXPECT_FALSE(plain("12345678e\r\n").facts.has_8bit);
  EXPECT_TRUE(plain(std::string(999, 'x') + "\r\n").facts.has_long_line);
  EXPECT_FALSE(plain(std::string(998, 'x') + "\r\n").facts.has_long_line);
  EXPECT_TRUE(plain(std::string("a\0b", 3)).facts.has_nul);
}

TEST(ScannerTest, CountsFieldsOfTheHeaderOnly) {
  const auto r = plain(
      "received: a\r\nReceived : b\r\nX-Received: c\r\n received: d\r\n"
      "DATE: x\r\nMessage-Id: <x@y>\r\n\r\nReceived: e\r\n");
  EXPECT_EQ(r.facts.received_fields, 2);
  EXPECT_TRUE(r.facts.has_date);
  EXPECT_TRUE(r.facts.has_message_id);
  EXPECT_FALSE(plain("\r\nDate: x\r\n").facts.has_date);
}

TEST(ScannerTest, ItDoesNotMatterHowTheBytesAreCut) {
  const std::string text =
      "Received: a\r\nDate: b\r\n\r\n.\n..x\r\n..y\r\n.z\r\r\n\rq\n.\r\nend\r\n"
      ".\r\nNOOP\r\n";
  for (const auto form : {Scanner::Form::Dotted, Scanner::Form::Plain}) {
    const auto whole = scan(form, text, text.size());
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      const auto r = scan(form, text, cut);
      EXPECT_EQ(r.text, whole.text) << cut;
      EXPECT_EQ(r.rest, whole.rest) << cut;
      EXPECT_EQ(r.ended, whole.ended) << cut;
      EXPECT_EQ(r.facts.received_fields, whole.facts.received_fields) << cut;
      EXPECT_EQ(r.facts.has_leading_dot, whole.facts.has_leading_dot) << cut;
    }
  }
}

}  // namespace
}  // namespace mail::smtp
