#include <gtest/gtest.h>

#include "base/fd.h"
#include "mime/part.h"
#include "store/digest_message.h"
#include "store/envelope_text.h"
#include "store/imap_text.h"
#include "store/part_index.h"
#include "store/structure_text.h"

namespace mail::store {
namespace {

std::string envelope(std::string_view header) {
  return envelope_text(mime::Header(header));
}

std::string structure(std::string_view message, Structure form) {
  return structure_text(message, mime::parse_message(message), form);
}

TEST(ImapTextTest, QuotesOrSendsLiterals) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "\"plain\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"two\r\nlines", "{10}\r\ntwo\r\nlines"},
      {"\xc3\xa9", "{2}\r\n\xc3\xa9"},
      {std::string("a\0b", 3), "{3}\r\na b"},
      {"", "\"\""},
  };
  for (const auto& [text, wanted] : cases) {
    std::string out;
    put_string(out, text);
    EXPECT_EQ(out, wanted);
  }
  std::string nil;
  put_nstring(nil, "");
  EXPECT_EQ(nil, "NIL");
}

TEST(EnvelopeTextTest, IsThatOfTheRfc) {
  // RFC 3501 section 8.
  EXPECT_EQ(
      envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
               "From: Terry Gray <gray@cac.washington.edu>\r\n"
               "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
               "To: imap@cac.washington.edu\r\n"
               "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>"
               "\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n"),
      "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
      "\"IMAP4rev1 WG mtg summary and minutes\" "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((NIL NIL \"imap\" \"cac.washington.edu\")) "
      "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
      "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
      "\"<B27397-0100000@cac.washington.edu>\")");
}

TEST(EnvelopeTextTest, GroupsAndMissingFields) {
  EXPECT_EQ(envelope("To: team: ann@example.org;\r\nSubject:\r\n\r\n"),
            "(NIL \"\" NIL NIL NIL "
            "((NIL NIL \"team\" NIL)(NIL NIL \"ann\" \"example.org\")"
            "(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
}

TEST(EnvelopeTextTest, NamesTheRecipientsOfAllFields) {
  EXPECT_EQ(envelope("To: a@b\r\nTo: c@d\r\nFrom: e@f\r\nFrom: g@h\r\n\r\n"),
            "(NIL NIL ((NIL NIL \"e\" \"f\")) ((NIL NIL \"e\" \"f\")) "
            "((NIL NIL \"e\" \"f\")) ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" "
            "\"d\")) NIL NIL NIL NIL)");
}

// RFC 3501 9: media-message is MESSAGE/RFC822, the others are like any part.
TEST(StructureTextTest, AMessageOfAnotherTypeIsAPart) {
  EXPECT_EQ(structure("Content-Type: message/global\r\n\r\nA: b\r\n\r\nx",
                      Structure::Extensible),
            "(\"message\" \"global\" NIL NIL NIL \"7bit\" 9 "
            "NIL NIL NIL NIL)");
}

TEST(StructureTextTest, PlainText) {
  const std::string message = "Subject: x\r\n\r\none\r\ntwo\r\n";
  EXPECT_EQ(structure(message, Structure::Basic),
            "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
            "10 2)");
  EXPECT_EQ(structure(message, Structure::Extensible),
            "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
            "10 2 NIL NIL NIL NIL)");
}

constexpr std::string_view kNested =
    "From: ann@example.org\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n"
    "Content-Disposition: attachment; filename=\"a.eml\"\r\n\r\n"
    "Subject: inside\r\n\r\ntext\r\n"
    "--b--\r\n";

TEST(StructureTextTest, MultipartWithAMessageInside) {
  EXPECT_EQ(
      structure(kNested, Structure::Extensible),
      "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 5 1 "
      "NIL NIL NIL NIL)"
      "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 23 "
      "(NIL \"inside\" NIL NIL NIL NIL NIL NIL NIL NIL) "
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 "
      "NIL NIL NIL NIL) 3 NIL (\"attachment\" (\"filename\" \"a.eml\")) NIL "
      "NIL) "
      "\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)");
}

TEST(PartIndexTest, FindsWhatTheTreeFinds) {
  const auto tree = mime::parse_message(kNested);
  const PartIndex index(pack_parts(tree));
  ASSERT_TRUE(index.valid());
  using Numbers = std::vector<std::uint32_t>;
  for (const Numbers& numbers :
       {Numbers{}, {1}, {2}, {2, 1}, {3}, {1, 1}, {2, 2}, {0}, {2, 1, 1}}) {
    const mime::Part* wanted = mime::find_part(tree, numbers);
    const IndexedPart* found = index.find(numbers);
    ASSERT_EQ(wanted == nullptr, found == nullptr);
    if (!wanted) continue;
    EXPECT_EQ(found->header_offset, wanted->header_offset);
    EXPECT_EQ(found->header_size, wanted->header_size);
    EXPECT_EQ(found->body_offset, wanted->body_offset);
    EXPECT_EQ(found->body_size, wanted->body_size);
  }
  const auto* message = index.find(Numbers{2});
  ASSERT_NE(message, nullptr);
  const auto* inside = index.inside(*message);
  ASSERT_NE(inside, nullptr);
  EXPECT_EQ(kNested.substr(inside->header_offset, 9), "Subject: ");
  EXPECT_EQ(index.inside(index.root()), nullptr);
}

TEST(PartIndexTest, ForeignBytesGiveAnEmptyIndex) {
  const auto packed = pack_parts(mime::parse_message(kNested));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(PartIndex(packed.substr(0, size)).valid());
  }
  EXPECT_FALSE(PartIndex(packed + "x").valid());
  EXPECT_FALSE(PartIndex(std::string(500, '\xff')).valid());
  EXPECT_EQ(PartIndex("").find({}), nullptr);
}

TEST(DigestMessageTest, OffsetsCountFromThePrefix) {
  const auto plain = digest_message(kNested);
  const PartIndex index(plain.cached.parts);
  EXPECT_EQ(plain.size, static_cast<std::int64_t>(kNested.size()));
  EXPECT_EQ(index.root().header_size, kNested.find("--b"));
  EXPECT_TRUE(plain.has_attachment);
  EXPECT_EQ(plain.from, "ann@example.org");
  EXPECT_EQ(plain.cached.preview, "hello");
}

}  // namespace
}  // namespace mail::store
