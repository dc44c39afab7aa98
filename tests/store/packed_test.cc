#include "store/packed.h"

#include <gtest/gtest.h>

namespace mail::store {
namespace {

std::string packed(std::initializer_list<std::uint64_t> numbers) {
  std::string out;
  for (const std::uint64_t number : numbers) pack_number(out, number);
  return out;
}

TEST(PackedTest, SetsOfUidsGoBothWays) {
  const UidSet set{{1, 9}, {12, 12}, {UINT32_MAX - 1, UINT32_MAX}};
  const auto back = unpack_uids(pack_uids(set));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), set.size());
  for (std::size_t i = 0; i < set.size(); ++i) {
    EXPECT_EQ((*back)[i].first, set[i].first);
    EXPECT_EQ((*back)[i].last, set[i].last);
  }
}

TEST(PackedTest, DamagedSetsAreNone) {
  constexpr std::uint64_t kBack = UINT64_MAX - 4;  // five less
  EXPECT_FALSE(unpack_uids(packed({0, 1})));
  EXPECT_FALSE(unpack_uids(packed({1, 2, 0, 1})));
  EXPECT_FALSE(unpack_uids(packed({1, 2, 1, 1})));
  EXPECT_FALSE(unpack_uids(packed({9, 2, kBack, 1})));
  EXPECT_FALSE(unpack_uids(packed({9, kBack})));
  EXPECT_FALSE(unpack_uids(packed({1, UINT32_MAX})));
  EXPECT_FALSE(unpack_uids(packed({1, 2, 3})));
  EXPECT_TRUE(unpack_uids(""));
}

}  // namespace
}  // namespace mail::store
