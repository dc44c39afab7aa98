#include "net/ticket_keys.h"

#include "net/timer_heap.h"

namespace mail::net {
namespace {

constexpr std::int64_t kPeriod = 12 * 3600;
constexpr std::int64_t kStart = 1000 * kPeriod;

TEST(TicketKeysTest, ChangeEveryTwelveHoursAndKnowTheLast) {
  TicketKeys keys(kStart);
  const auto first = keys.current(kStart);
  EXPECT_EQ(first.name.size(), 16U);
  EXPECT_EQ(keys.current(kStart + kPeriod - 1).name, first.name);
  const auto second = keys.current(kStart + kPeriod);
  EXPECT_NE(second.name, first.name);
  EXPECT_EQ(keys.named(first.name, kStart + kPeriod).mac, first.mac);
  EXPECT_EQ(keys.named(first.name, kStart + 2 * kPeriod).name, "");
}

TEST(TicketKeysTest, AClockThatStepsBackKeepsTheKey) {
  TicketKeys keys(kStart);
  const auto key = keys.current(kStart + kPeriod);
  EXPECT_EQ(keys.current(kStart - 5 * kPeriod).name, key.name);
}

TEST(TicketKeysTest, AClockThatLeapsFarBeginsAnew) {
  TicketKeys keys(0);
  const auto key = keys.current(0);
  EXPECT_NE(keys.current(INT64_MAX).name, key.name);
}

TEST(TimerHeapTest, GivesTheEarliestFirst) {
  TimerHeap heap;
  std::array<TimerHeap::Entry, 100> entries;
  for (std::size_t n = 0; n < entries.size(); ++n) {
    heap.set(entries[n], static_cast<Millis>(n * 37 % 101));
  }
  heap.set(entries[5], 1000);
  heap.remove(entries[7]);
  heap.remove(entries[7]);
  Millis last = -1;
  std::size_t count = 0;
  while (!heap.empty()) {
    EXPECT_LE(last, heap.next());
    last = heap.next();
    heap.remove(*heap.first());
    ++count;
  }
  EXPECT_EQ(count, 99U);
  EXPECT_EQ(last, 1000);
  EXPECT_EQ(heap.next(), kNever);
}

}  // namespace
}  // namespace mail::net
