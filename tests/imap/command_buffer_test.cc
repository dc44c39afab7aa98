#include "imap/command_buffer.h"

#include <gtest/gtest.h>

#include "tests/support/session_driver.h"

namespace mail::imap {
namespace {

using Step = CommandBuffer::Step;

// Feeds the text in pieces; gives "step:text" of all that is not More.
std::vector<std::string> fed(std::string_view text, std::size_t piece) {
  CommandBuffer buffer({.line = 100, .literal = 200, .total = 200});
  StringInput in;
  std::vector<std::string> out;
  while (!text.empty()) {
    in.add(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    while (!in.bytes().empty()) {
      switch (buffer.take(in)) {
        case Step::More:
          break;
        case Step::Ready:
          out.push_back(std::string(buffer.text()));
          buffer.finish(in);
          break;
        case Step::Literal:
          if (buffer.literal_fits()) {
            buffer.accept();
          } else {
            out.push_back("refused");
            buffer.refuse();
          }
          break;
        case Step::TooLong:
          out.push_back("long:" + std::string(buffer.text().substr(0, 2)));
          buffer.finish(in);
          break;
      }
    }
  }
  return out;
}

TEST(CommandBufferTest, GivesTheSameWhateverThePieces) {
  const std::string text =
      "a1 NOOP\r\na2 LOGIN {3}\r\nabc {2+}\r\n\r\n\r\na3 X\n" +
      ("a4 " + std::string(300, 'x')) + "\r\na5 Y {999+}\r\n" +
      std::string(999, '\n') + " {5+}\r\nhello\r\na6 Z {300}\r\na7 LAST\r\n";
  const std::vector<std::string> expected{
      "a1 NOOP", "a2 LOGIN {3}\r\nabc {2+}\r\n\r\n",
      "a3 X",    "long:a4",
      "refused", "refused",
      "a7 LAST"};
  for (std::size_t piece = 1; piece < 40; ++piece) {
    EXPECT_EQ(fed(text, piece), expected) << piece;
  }
  EXPECT_EQ(fed(text, text.size()), expected);
}

TEST(CommandBufferTest, HandsALiteralOver) {
  CommandBuffer buffer({});
  StringInput in;
  in.add("a APPEND x {5}\r\nhello\r\n");
  ASSERT_EQ(buffer.take(in), Step::Literal);
  EXPECT_EQ(buffer.text(), "a APPEND x {5}");
  buffer.hand_over();
  EXPECT_EQ(in.bytes(), "hello\r\n");
  in.use(5);
  ASSERT_EQ(buffer.take(in), Step::Ready);
  EXPECT_EQ(buffer.text(), "");
}

}  // namespace
}  // namespace mail::imap
