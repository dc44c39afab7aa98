#include "store/words.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "store/postings.h"

namespace mail::store {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  WordReader reader(text);
  while (const auto word = reader.next()) out.emplace_back(*word);
  return out;
}

using List = std::vector<std::string>;

TEST(WordsTest, AreRunsOfLettersAndDigits) {
  EXPECT_EQ(words("one, two3-four\xC2\xA0"
                  "f\xC3\xBCnf."),
            (List{"one", "two3", "four", "f\xC3\xBCnf"}));
  EXPECT_EQ(words(""), List{});
  EXPECT_EQ(words(" \r\n<>@"), List{});
}

TEST(WordsTest, ArePairsWhereThereAreNoSpaces) {
  EXPECT_EQ(words("日本語"), (List{"日本", "本語"}));
  EXPECT_EQ(words("日"), List{"日"});
  EXPECT_EQ(words("ab日本c。語"), (List{"ab", "日本", "c", "語"}));
}

TEST(WordsTest, TellWhatAQueryNeeds) {
  const auto patterns = [](std::string_view text) {
    return query_of(text).patterns;
  };
  EXPECT_EQ(patterns("word"), List{"word"});
  EXPECT_TRUE(query_of("word").exact);
  EXPECT_EQ(patterns(" word"), List{"\nword"});
  EXPECT_FALSE(query_of(" word").exact);
  EXPECT_EQ(patterns("ann@example"), (List{"\nexample", "ann\n"}));
  EXPECT_EQ(patterns("a b c"), (List{"\nb\n", "\nc", "a\n"}));
  EXPECT_EQ(patterns("日本語"), (List{"\n日本\n", "\n本語\n"}));
  EXPECT_TRUE(query_of("日本").exact);
  EXPECT_EQ(patterns("日"), List{"日"});
  EXPECT_EQ(patterns("a日b"), (List{"\nb", "\n日\n", "a\n"}));
  EXPECT_EQ(patterns("@"), List{});
  EXPECT_FALSE(query_of("@").exact);
}

// Random texts of a few characters that matter.
std::string random_text(std::mt19937& random, std::size_t length) {
  static constexpr const char* kCharacters[] = {"a",  "b", "A",  "1",  " ",
                                                ".",  "ü", "日", "本", "語",
                                                "。", "ß", "🎉", "\n"};
  std::string out;
  for (std::size_t i = 0; i < length; ++i) {
    out += kCharacters[random() % std::size(kCharacters)];
  }
  return out;
}

TEST(WordsTest, HoldEveryQueryThatTheTextContains) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = fold_case(random_text(random, random() % 12));
    const std::string part = fold_case(random_text(random, random() % 4));
    std::string lines = "\n";
    for (const auto& word : words(text)) lines += word + "\n";
    const Query query = query_of(part);
    bool all = true;
    for (const auto& pattern : query.patterns) {
      all = all && lines.find(pattern) != lines.npos;
    }
    const bool contains = text.find(part) != text.npos;
    ASSERT_TRUE(all || !contains) << text << " contains " << part;
    if (query.exact) {
      ASSERT_EQ(all, contains) << text << ": " << part;
    }
  }
}

TEST(PostingsTest, ComeBackAsTheyWere) {
  std::mt19937 random(2);
  for (const std::uint32_t range : {1u, 2u, 63u, 1000u, kMostPostings}) {
    for (const unsigned chance : {1u, 2u, 3u, 50u, 998u, 1000u}) {
      std::vector<std::uint32_t> numbers;
      for (std::uint32_t n = 0; n < range; ++n) {
        if (random() % 1000 < chance) numbers.push_back(n);
      }
      const std::string packed = pack_postings(numbers, range);
      std::vector<std::uint32_t> back;
      ASSERT_TRUE(unpack_postings(packed, range, back));
      ASSERT_EQ(back, numbers) << range << " " << chance;
    }
  }
}

TEST(PostingsTest, NeedFewBits) {
  std::vector<std::uint32_t> all(kMostPostings);
  for (std::uint32_t n = 0; n < kMostPostings; ++n) all[n] = n;
  EXPECT_LE(pack_postings(all, kMostPostings).size(), 2u);
  std::mt19937 random(3);
  std::vector<std::uint32_t> some;
  for (std::uint32_t n = 0; n < kMostPostings; ++n) {
    if (random() % 100 == 0) some.push_back(n);
  }
  EXPECT_LT(pack_postings(some, kMostPostings).size() * 8, some.size() * 9);
}

TEST(PostingsTest, NeverTrustTheBytes) {
  std::mt19937 random(4);
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!unpack_postings(bytes, 100, numbers)) continue;
    for (const std::uint32_t number : numbers) ASSERT_LT(number, 100u);
  }
}

}  // namespace
}  // namespace mail::store
