#include "imap/sequence_set.h"

#include <gtest/gtest.h>

#include "imap/uid_list.h"

namespace mail::imap {
namespace {

std::string resolved(std::string_view text, Uid star) {
  const auto set = parse_sequence_set(text);
  return set ? to_text(set->resolve(star)) : "bad";
}

TEST(SequenceSetTest, SortsJoinsAndKnowsTheStar) {
  const struct {
    std::string_view text;
    Uid star;
    std::string_view expected;
  } kCases[] = {
      {"1", 9, "1"},
      {"3:1", 9, "1:3"},
      {"5,1,2,3", 9, "1:3,5"},
      {"2:4,3:7", 9, "2:7"},
      {"*", 9, "9"},
      {"7:*", 9, "7:9"},
      {"12:*", 9, "9:12"},
      {"*:*", 0, ""},
      {"4294967295,1", 9, "1,4294967295"},
      {"", 9, "bad"},
      {"0", 9, "bad"},
      {"1,", 9, "bad"},
      {"1:", 9, "bad"},
      {"a", 9, "bad"},
      {"4294967296", 9, "bad"},
      {"1:2:3", 9, "bad"},
      {",1", 9, "bad"},
  };
  for (const auto& [text, star, expected] : kCases) {
    EXPECT_EQ(resolved(text, star), expected) << text;
  }
}

TEST(SequenceSetTest, ReadsAMegabyte) {
  std::string text = "1";
  for (int i = 3; text.size() < 1 << 20; i += 2) {
    text += ',' + std::to_string(i);
  }
  EXPECT_EQ(resolved(text, 1), text);
}

TEST(SequenceSetTest, IntersectsAndSubtracts) {
  const UidSet a{{1, 5}, {8, 9}, {20, 30}};
  const UidSet b{{4, 8}, {22, 23}, {29, 40}};
  EXPECT_EQ(to_text(intersection(a, b)), "4:5,8,22:23,29:30");
  EXPECT_EQ(to_text(difference(a, b)), "1:3,9,20:21,24:28");
  EXPECT_EQ(to_text(difference(a, {})), "1:5,8:9,20:30");
  EXPECT_EQ(to_text(difference(a, a)), "");
  EXPECT_TRUE(contains(a, 9));
  EXPECT_FALSE(contains(a, 10));
  EXPECT_EQ(count(a), 18);
}

TEST(UidListTest, NumbersMessages) {
  UidList list;
  for (const Uid uid : {3u, 4u, 5u, 9u, 11u, 12u}) list.append(uid);
  EXPECT_EQ(list.size(), 6u);
  EXPECT_EQ(list.runs(), 3u);
  EXPECT_EQ(list.number(9), 4u);
  EXPECT_EQ(list.number(10), 0u);
  EXPECT_EQ(list.number(1), 0u);
  EXPECT_EQ(list.uid(6), 12u);
  EXPECT_EQ(to_text(list.uids({{2, 5}})), "4:5,9,11");
  EXPECT_EQ(to_text(list.uids({{1, 1}, {3, 3}, {6, 6}})), "3,5,12");
  EXPECT_EQ(to_text(list.present({{4, 11}})), "4:5,9,11");
}

TEST(UidListTest, AgreesWithAPlainListAfterRemovals) {
  UidList list;
  std::vector<Uid> plain;
  for (Uid uid = 1; uid < 200; uid += 1 + uid % 3) {
    list.append(uid);
    plain.push_back(uid);
  }
  list.remove({{5, 17}, {40, 40}, {150, 160}});
  std::erase_if(plain, [](Uid uid) {
    return (uid >= 5 && uid <= 17) || uid == 40 || (uid >= 150 && uid <= 160);
  });
  ASSERT_EQ(list.size(), plain.size());
  for (std::uint32_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(list.uid(i + 1), plain[i]);
    EXPECT_EQ(list.number(plain[i]), i + 1);
  }
}

}  // namespace
}  // namespace mail::imap
