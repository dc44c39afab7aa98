#include "imap/fetch_items.h"

#include <gtest/gtest.h>

namespace mail::imap {
namespace {

// The labels of the sections, or "bad".
std::string labels(std::string_view text) {
  Reader args(text);
  const FetchItems items = read_fetch_items(args);
  if (!args.finish()) return "bad";
  std::string out;
  for (const FetchItem& item : items.items) {
    out += (out.empty() ? "" : " ") + (item.label.empty() ? "-" : item.label) +
           (item.marks_seen ? "!" : "");
  }
  return out;
}

TEST(FetchItemsTest, ReadsEveryForm) {
  const struct {
    std::string_view text, expected;
  } kCases[] = {
      {"FLAGS", "-"},
      {"(UID FLAGS MODSEQ)", "- - -"},
      {"all", "- - - -"},
      {"FULL", "- - - - -"},
      {"BODY", "-"},
      {"BODYSTRUCTURE", "-"},
      {"body[]", "BODY[]!"},
      {"BODY.PEEK[]<0.10>", "BODY[]<0>"},
      {"BODY[1.2.MIME]", "BODY[1.2.MIME]!"},
      {"BODY[2.header]", "BODY[2.HEADER]!"},
      {"BODY.PEEK[HEADER.FIELDS (to \"X-A\")]", "BODY[HEADER.FIELDS (to X-A)]"},
      {"BODY.PEEK[HEADER.FIELDS.NOT ({2}\r\nto)]",
       "BODY[HEADER.FIELDS.NOT (to)]"},
      {"(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)",
       "RFC822! RFC822.HEADER RFC822.TEXT! -"},
      {"()", "bad"},
      {"(FLAGS ALL)", "bad"},
      {"BODY[MIME]", "bad"},
      {"BODY[1.]", "bad"},
      {"BODY[0]", "bad"},
      {"BODY[1", "bad"},
      {"BODY[]<1>", "bad"},
      {"BODY[]<1.0>", "bad"},
      {"BODY[HEADER.FIELDS ()]", "bad"},
      {"BODY[HEADER.FIELDS ({3}\r\na\r\n)]", "bad"},
      {"FLAGS UID", "bad"},
  };
  for (const auto& [text, expected] : kCases) {
    EXPECT_EQ(labels(text), expected) << text;
  }
}

}  // namespace
}  // namespace mail::imap
