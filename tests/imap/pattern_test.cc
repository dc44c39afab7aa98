#include "imap/pattern.h"

#include <gtest/gtest.h>

namespace mail::imap {
namespace {

TEST(PatternTest, MatchesAsRfc3501Says) {
  const struct {
    std::string_view reference, pattern, name;
    bool expected;
  } kCases[] = {
      {"", "*", "INBOX", true},
      {"", "*", "a/b/c", true},
      {"", "%", "a", true},
      {"", "%", "a/b", false},
      {"a/", "%", "a/b", true},
      {"a/", "%", "a/b/c", false},
      {"", "a*", "a", true},
      {"", "a*c", "a/b/c", true},
      {"", "a%c", "a/b/c", false},
      {"", "%/%", "a/b", true},
      {"", "%b%", "abc", true},
      {"", "inbox", "INBOX", true},
      {"", "in*", "INBOX", true},
      {"", "", "a", false},
      {"", "a", "ab", false},
      {"", "ab", "a", false},
      {"", "*%*", "a/b", true},
      {"", "inb%", "INBOX", true},
      {"", "iNBoX/%", "INBOX/sub", true},
      {"", "%x/sub", "INBOX/sub", true},
      {"", "inbox/SUB", "INBOX/sub", false},
      {"", "inb*", "INBOXES", false},
      {"", "a/inbox", "a/INBOX", false},
      {"IN", "box", "INBOX", true},
  };
  for (const auto& [reference, pattern, name, expected] : kCases) {
    EXPECT_EQ(Pattern(reference, pattern).matches(name), expected)
        << pattern << " " << name;
  }
}

TEST(PatternTest, SeveralMeanAnyOfThem) {
  const Patterns patterns("", {"a", "", "b/%"});
  EXPECT_TRUE(patterns.match("a"));
  EXPECT_TRUE(patterns.match("b/c"));
  EXPECT_FALSE(patterns.match("b"));
  EXPECT_FALSE(patterns.match(""));
}

TEST(PatternTest, IsBoundedByItsWildcards) {
  EXPECT_TRUE(are_short("", {std::string(1000, '*')}));
  EXPECT_FALSE(are_short("a", {std::string(1000, '*')}));
  EXPECT_TRUE(are_short("", {std::string(16'000, 'a')}));
  EXPECT_FALSE(are_short("", {std::string(16'001, 'a')}));
}

TEST(PatternTest, TakesNoTimeForManyStars) {
  std::string stars;
  for (int i = 0; i < 400; ++i) stars += "*a";
  EXPECT_FALSE(Pattern("", stars + "b").matches(std::string(500, 'a')));
}

}  // namespace
}  // namespace mail::imap
