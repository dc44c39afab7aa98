// What the grammar derives is never BAD, and what it does not derive is always
// BAD: commands made from tests/imap/commands.abnf, and the same with one
// thing changed.
//
//   GRAMMAR_COMMANDS=100000 GRAMMAR_SEED=7 build/tests/unit
//       --gtest_filter='GrammarTest*'
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/ascii.h"
#include "base/file.h"
#include "tests/support/abnf.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

std::uint32_t setting(const char* name, std::uint32_t otherwise) {
  const char* value = std::getenv(name);
  return value ? static_cast<std::uint32_t>(std::atol(value)) : otherwise;
}

// The answer comes before the end: BAD because of what is said, not of how it
// is said; a first message that is not taken.
bool is_about_the_meaning(std::string_view line) {
  static constexpr std::string_view kReasons[] = {
      "no message has the number",
      "select a mailbox first",
      "expected a set in ascending",
      "expected as many UIDs as numbers",
      "bad field name",
      "is not modified UTF-7",
  };
  return std::ranges::any_of(kReasons, [&](std::string_view reason) {
    return line.find(reason) != line.npos;
  });
}

// Meaningless: the rest was not looked at.
enum class Verdict { Taken, Bad, Meaningless, Waits };

struct GrammarTest : testing::Test {
  // A session with a mailbox selected, and something in it.
  void begin() {
    if (++uses_ % 50 != 1 && client_ && !client_->closed()) {
      client_->send("s0 SELECT INBOX\r\n");
      return;
    }
    renew();
  }
  void renew() {
    client_ = site_->login("alice");
    client_->send("s1 ENABLE QRESYNC\r\n");
    client_->send(append_command("s2", "INBOX", "a: b\r\n\r\nc"));
    client_->send("s3 SELECT INBOX\r\n");
  }

  Verdict say(const std::string& command) {
    begin();
    answer_ = client_->send(command);
    if (answer_.starts_with("+ idling")) answer_ = client_->send("DONE\r\n");
    Verdict verdict = Verdict::Waits;
    for (const std::string_view line : split(answer_, '\n')) {
      const bool bad = line.starts_with("* BAD");
      if (line.empty() || line.starts_with("+ ")) continue;
      if (line.starts_with("* ") && !bad) continue;
      const auto space = line.find(' ');
      if (space == line.npos) continue;
      const auto status = line.substr(space + 1, 3);
      if (status != "OK " && status != "NO " && status != "BAD") continue;
      const bool early =
          status == "NO " && command.find("}\r\na: b") != command.npos;
      verdict = early                        ? Verdict::Meaningless
                : status != "BAD"            ? Verdict::Taken
                : is_about_the_meaning(line) ? Verdict::Meaningless
                                             : Verdict::Bad;
      break;
    }
    // What is left of a literal that was not wanted is no command.
    const bool in_step = command.find('{') == command.npos;
    if (!in_step || verdict == Verdict::Waits) client_.reset();
    return verdict;
  }

  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string changed(const std::string& command);

  std::mt19937 random_{setting("GRAMMAR_SEED", 1)};
  const std::uint32_t commands_ = setting("GRAMMAR_COMMANDS", 1'500);
  const Abnf grammar_{*read_file("tests/imap/commands.abnf", 1 << 20)};
  const std::unique_ptr<Site> site_ = site_in_memory();
  std::unique_ptr<SessionDriver> client_;
  std::string answer_;
  unsigned uses_ = 0;
};

// Where the literals are: "{3}", the line's end and what follows.
std::vector<bool> literals_of(std::string_view text) {
  std::vector<bool> out(text.size());
  for (std::size_t end = text.find("}\r\n"); end != text.npos;
       end = text.find("}\r\n", end)) {
    const std::size_t begin = text.rfind('{', end);
    end += 3 + std::stoul(std::string(text.substr(begin + 1)));
    std::fill(out.begin() + std::ptrdiff_t(begin),
              out.begin() + std::ptrdiff_t(end), true);
  }
  return out;
}

struct Word {
  std::size_t place, length;
};

// What stands between spaces, parentheses and literals.
std::vector<Word> words_of(std::string_view text,
                           const std::vector<bool>& literals) {
  std::vector<Word> found;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool between = i == text.size() || literals[i] || text[i] == ' ' ||
                         text[i] == '(' || text[i] == ')';
    if (!between) continue;
    if (i > begin) found.push_back({begin, i - begin});
    begin = i + 1;
  }
  return found;
}

// One thing missing, twice or too much.  Literals and the line's end stay.
std::string GrammarTest::changed(const std::string& command) {
  std::string text = command.substr(0, command.size() - 2);
  const auto literals = literals_of(text);
  std::size_t at = pick(text.size());
  while (literals[at]) at = (at + 1) % text.size();
  const auto words = words_of(text, literals);
  const Word word = words[pick(words.size())];
  static constexpr std::string_view kMarks = " ()[]<>}\"\\*%,.:+-~$0a/";
  switch (pick(7)) {
    case 0:
      text.erase(at, 1);
      break;
    case 1:
      text.insert(at, 1, text[at]);
      break;
    case 2:
      text.insert(at, 1, kMarks[pick(kMarks.size())]);
      break;
    case 3:
      text.erase(word.place, word.length);
      break;
    case 4:  // with the space behind
      text.erase(word.place,
                 word.length + (text[word.place + word.length] == ' '));
      break;
    case 5:
      text.insert(word.place, text.substr(word.place, word.length) + ' ');
      break;
    default:
      text.erase(word.place + (pick(2) ? word.length : 0));
  }
  return text + "\r\n";
}

TEST_F(GrammarTest, TakesWhatTheGrammarDerives) {
  for (std::uint32_t i = 0; i < commands_ && !HasFailure(); ++i) {
    const std::string command = grammar_.derive("command", random_);
    const Verdict verdict = say(command);
    EXPECT_TRUE(verdict == Verdict::Taken || verdict == Verdict::Meaningless)
        << command << answer_;
  }
}

TEST_F(GrammarTest, RefusesWhatTheGrammarDoesNotDerive) {
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < commands_ && !HasFailure(); ++i) {
    const std::string command = changed(grammar_.derive("command", random_));
    const bool derived = grammar_.derives("command", command);
    wrong += !derived;
    const Verdict verdict = say(command);
    if (verdict == Verdict::Meaningless) continue;
    EXPECT_EQ(verdict == Verdict::Taken, derived) << command << answer_;
  }
  EXPECT_GT(wrong, commands_ / 2);  // most changes make it wrong
}

TEST(AbnfTest, KnowsWhatItMakes) {
  const Abnf grammar(
      "list = \"(\" [item *(\" \" item)] \")\"\n"
      "item = 2*3%x61-62 / list /\n  <literal>\n");
  for (const std::string_view text :
       {"()", "(ab)", "(ab (aba) {2}\r\n)))", "((()))"}) {
    EXPECT_TRUE(grammar.derives("list", text)) << text;
  }
  for (const std::string_view text :
       {"", "(", "(a)", "(abab)", "(ab ab", "({2}\r\n))", "(ab  ab)", "() "}) {
    EXPECT_FALSE(grammar.derives("list", text)) << text;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    const std::string text = grammar.derive("list", random);
    EXPECT_TRUE(grammar.derives("list", text)) << text;
  }
}

}  // namespace
}  // namespace mail::imap
