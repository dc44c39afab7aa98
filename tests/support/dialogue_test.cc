#include "tests/support/dialogue.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/file.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

// Says a greeting, then every line back, twice: the way of an SMTP reply.
struct Parrot : DialoguePeer {
  void send(std::string_view bytes) override {
    if (bytes == "BYE\r\n") gone = true;
    if (gone) return;
    bytes.remove_suffix(2);
    lines.push_back("250-" + std::string(bytes));
    lines.push_back("250 " + std::string(bytes));
  }
  std::optional<std::string> line() override {
    if (lines.empty()) return {};
    auto line = lines.front();
    lines.pop_front();
    return line;
  }
  void start_tls() override {}
  bool closed() override { return gone; }

  std::deque<std::string> lines{"220 hello"};
  bool gone = false;
};

std::string played(const std::string& text) {
  const TempDir dir;
  replace_file(dir.path() + "/d.txt", text, 0600);
  return play(read_dialogue(dir.path() + "/d.txt", {{"who", "ann"}}),
              [] { return std::make_unique<Parrot>(); });
}

TEST(DialogueTest, ComparesLinesByTheirFront) {
  EXPECT_EQ(played("# greeting\n< 220\n> a\n< 250-a\n<= 250 a\n"), "");
  EXPECT_EQ(played("< 220\n> a\n< 251\n"), "3: expected 251, got 250-a");
}

TEST(DialogueTest, SkipsTheRestOfAReply) {
  EXPECT_EQ(played("< 220\n> a\n< 250\n> b\n< 250-b\n"), "");
}

TEST(DialogueTest, KnowsNamesEscapesAndAnyText) {
  EXPECT_EQ(played("< 2~hel\n> x$who\\x21\n<~ 250 xann!\n"), "");
}

TEST(DialogueTest, PlaysSeveralConnectionsAndSeesTheEnd) {
  EXPECT_EQ(played("< 220\n2< 220\n2> a\n2<~ 250 a\n> BYE\n!closed\n"), "");
  EXPECT_EQ(played("< 220\n!closed\n"), "2: the connection is still open");
}

}  // namespace
}  // namespace mail
