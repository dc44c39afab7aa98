#include "net/limit_table.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/process.h"
#include "net/address.h"

namespace mail::net {
namespace {

TEST(LimitTableTest, CountsEachRowOverAllColumns) {
  LimitTable table(100);
  const std::uint64_t row = table.key("address", "192.0.2.1");
  EXPECT_TRUE(table.take(0, row, 2));
  EXPECT_TRUE(table.take(1, row, 2));
  EXPECT_FALSE(table.take(2, row, 2));
  EXPECT_TRUE(table.take(2, table.key("account", "192.0.2.1"), 2));
  table.give(0, row);
  EXPECT_TRUE(table.take(2, row, 2));
}

TEST(LimitTableTest, LimitsAllConnections) {
  LimitTable table(64);
  EXPECT_TRUE(table.connect(0, 2));
  EXPECT_TRUE(table.connect(1, 2));
  EXPECT_FALSE(table.connect(0, 2));
  table.disconnect(1);
  EXPECT_TRUE(table.connect(0, 2));
  EXPECT_EQ(table.connections(), 2);
}

TEST(LimitTableTest, ForgetsWhatADeadProcessHeld) {
  LimitTable table(100);
  const std::uint64_t row = table.key("address", "192.0.2.1");
  const pid_t child = ::fork();
  if (child == 0) {
    table.connect(3, 100);
    table.take(3, row, 1);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(table.take(0, row, 1));
  table.clear(3);
  EXPECT_TRUE(table.take(0, row, 1));
  EXPECT_EQ(table.connections(), 0);
}

TEST(LimitTableTest, UsesRowsAgainThatHaveBecomeEmpty) {
  LimitTable table(64);
  for (int n = 0; n < 20'000; ++n) {
    const std::uint64_t row = table.key("address", std::to_string(n));
    ASSERT_TRUE(table.take(0, row, 1));
    table.give(0, row);
  }
}

TEST(LimitTableTest, HoldsAsManyAddressesAsConnections) {
  LimitTable table(10'000);
  int taken = 0;
  for (int n = 0; n < 10'000; ++n) {
    taken += table.take(0, table.key("address", std::to_string(n)), 1);
    taken += table.take(0, table.key("account", std::to_string(n)), 1);
  }
  EXPECT_GT(taken, 19'950);
}

TEST(LimitTableTest, GrowsUnderWhoIsCountedInIt) {
  LimitTable table(64);
  const auto row = [&](int n) {
    return table.key("address", std::to_string(n));
  };
  int kept = 0;
  std::vector<int> held;
  for (int n = 0; n < 120; ++n) {
    if (table.take(n % 3, row(n), 1)) held.push_back(n);
  }
  table.grow(10'000);
  table.grow(64);  // never less
  for (const int n : held) kept += !table.take(9, row(n), 1);
  EXPECT_EQ(kept, static_cast<int>(held.size()));
  int taken = 0;
  for (int n = 1000; n < 11'000; ++n) taken += table.take(4, row(n), 1);
  EXPECT_GT(taken, 9'950);
  for (const int n : held) table.give(n % 3, row(n));
  for (const int n : held) kept -= table.take(9, row(n), 1);
  EXPECT_EQ(kept, 0);
  table.clear(9);
  for (const int n : held) kept += table.take(2, row(n), 1);
  EXPECT_EQ(kept, static_cast<int>(held.size()));
}

std::int64_t shared_kilobytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t number = 0;
  while (status >> word) {
    if (word == "RssShmem:") status >> number;
  }
  return number;
}

TEST(LimitTableTest, TakesMemoryOnlyForWhatIsInUse) {
  const auto before = shared_kilobytes();
  LimitTable table(10'000);
  for (int n = 0; n < 10'000; ++n) {
    const auto row = table.key("address", std::to_string(n));
    if (table.take(0, row, 1)) table.give(0, row);
  }
  const auto used = shared_kilobytes() - before;
  EXPECT_GT(used, 1000);
  table.grow(LimitTable::kMost);
  EXPECT_LT(shared_kilobytes() - before, used + 1000);
}

TEST(LimitTableTest, NoCountBeginsAnew) {
  LimitTable table(64);
  const auto row = table.key("address", "a");
  int taken = 0;
  for (int n = 0; n < 70'000; ++n) taken += table.take(1, row, 100'000);
  EXPECT_EQ(taken, 65'535);
  EXPECT_TRUE(table.take(2, row, 100'000));
}

TEST(LimitTableTest, EachMayHaveALimitOfItsOwn) {
  LimitTable table(100);
  EXPECT_TRUE(table.connect(0, 1));
  EXPECT_FALSE(table.connect(1, 1));
  EXPECT_TRUE(table.connect(1, 3));
  EXPECT_EQ(table.connections(), 2);
}

TEST(LimitTableTest, OneWorkerAlwaysListens) {
  LimitTable table(100);
  table.begin_accepting(0);
  table.begin_accepting(1);
  for (int n = 0; n < 20; ++n) table.connect(0, 100);
  EXPECT_TRUE(table.above_share(0));
  EXPECT_FALSE(table.above_share(1));
  EXPECT_TRUE(table.leave_to_others(0));
  EXPECT_FALSE(table.leave_to_others(1));
}

TEST(AddressLimitsTest, TheLongestNetworkDecides) {
  Limits limits;
  limits.per_address = 10;
  limits.others = {parse_address_limit("10.0.0.0/8=20"),
                   parse_address_limit("10.1.2.3=30"),
                   parse_address_limit("2001:db8::/33=40")};
  const AddressLimits table(limits);
  EXPECT_EQ(table.of("192.0.2.1"), 10);
  EXPECT_EQ(table.of("10.1.2.4"), 20);
  EXPECT_EQ(table.of("10.1.2.3"), 30);
  EXPECT_EQ(table.of("2001:db8:7fff::1"), 40);
  EXPECT_EQ(table.of("2001:db8:8000::1"), 10);
  EXPECT_EQ(table.of(""), 10);
}

TEST(AddressLimitsTest, RefusesWhatIsNoNetwork) {
  EXPECT_THROW(parse_address_limit("127.0.0.1"), Exit);
  EXPECT_THROW(parse_address_limit("127.0.0.1=many"), Exit);
  for (const char* text : {"localhost", "10.0.0.0/33", "::/129", "1.2.3.4/x"}) {
    Limits limits;
    limits.others = {{text, 1}};
    EXPECT_THROW(AddressLimits{limits}, Exit) << text;
  }
}

TEST(AddressTest, CountsIpv6ByItsFirst64Bits) {
  EXPECT_EQ(limited_part("2001:db8::1"), limited_part("2001:db8::ffff:2"));
  EXPECT_NE(limited_part("2001:db8::1"), limited_part("2001:db8:0:1::1"));
  EXPECT_NE(limited_part("192.0.2.1"), limited_part("192.0.2.2"));
  EXPECT_EQ(limited_part(""), "");
}

}  // namespace
}  // namespace mail::net
