#include "db/turn.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <thread>

#include "base/clock.h"
#include "base/fault.h"
#include "db/database.h"
#include "tests/support/temp_dir.h"

namespace mail::db {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSteps[] = {
    "CREATE TABLE counter(n INTEGER) STRICT;"
    "INSERT INTO counter VALUES(0)",
};

struct TurnTest : testing::Test {
  std::string path(const char* name) const { return dir.path() + "/" + name; }
  TempDir dir;
};

struct Tally {
  std::atomic<std::int64_t> commits;
  std::atomic<std::int64_t> worst_wait;
  std::atomic<std::int64_t> worst_turn;
};

// What one of several processes does: commits until the time is over.
void write_until(const TurnTest& test, Micros end, Tally& tally) {
  Database db(test.path("t.db"), Mode::Write);
  Turns turns(test.path("write"), test.path("gate"));
  while (steady_time() < end) {
    const Micros asked = steady_time();
    const Turn turn(turns, 5s);
    const Micros begun = steady_time();
    const Micros waited = begun - asked;
    Transaction change(db);
    db.statement("UPDATE counter SET n = n + 1").run();
    change.commit();
    ++tally.commits;
    if (waited > tally.worst_wait) tally.worst_wait = waited;
    const Micros took = steady_time() - begun;
    if (took > tally.worst_turn) tally.worst_turn = took;
  }
}

TEST_F(TurnTest, FourProcessesHaveEqualSharesAndNoneWaitsLong) {
  constexpr int kProcesses = 4;
  using Tallies = std::array<Tally, kProcesses>;
  void* shared = ::mmap(nullptr, sizeof(Tallies), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& tallies = *::new (shared) Tallies{};
  Database(path("t.db"), Mode::Write).migrate(kSteps);
  const Micros end = steady_time() + 2 * kSecond;
  std::array<pid_t, kProcesses> children{};
  for (std::size_t i = 0; i < children.size(); ++i) {
    children[i] = ::fork();
    if (children[i] == 0) {
      write_until(*this, end, tallies[i]);
      ::_exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = 1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::int64_t sum = 0;
  std::int64_t slowest = 0;  // a turn of a machine that has other work
  for (const auto& tally : tallies) {
    sum += tally.commits;
    slowest = std::max(slowest, tally.worst_turn.load());
  }
  for (const auto& tally : tallies) {
    EXPECT_LT(tally.worst_wait, 300 * kMillisecond + 8 * slowest);
    EXPECT_GT(tally.commits, sum / kProcesses / 2);
    EXPECT_LT(tally.commits, sum / 2);
  }
  Database db(path("t.db"), Mode::Read);
  auto& count = db.statement("SELECT n FROM counter");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.integer(0), sum);
  RecordProperty("commits", std::to_string(sum));
  ::munmap(shared, sizeof(Tallies));
}

TEST_F(TurnTest, ThreadsOfOneProcessAreServedInTheirOrder) {
  Turns turns(path("write"), path("gate"));
  std::vector<int> order;
  std::vector<std::jthread> threads;
  {
    const Turn mine(turns, 1s);
    for (int i = 0; i < 5; ++i) {
      std::atomic<bool> started = false;
      threads.emplace_back([&, i] {
        started = true;
        const Turn turn(turns, 5s);
        order.push_back(i);  // one at a time
      });
      while (!started) std::this_thread::yield();
      std::this_thread::sleep_for(5ms);  // until it stands in the queue
    }
  }
  threads.clear();
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(TurnTest, GivesUpWhenItsPatienceEnds) {
  Turns turns(path("write"), path("gate"));
  Turns elsewhere(path("write"), path("gate"));
  {
    const Turn mine(turns, 1s);
    EXPECT_THROW(Turn(turns, 20ms), Fault);      // behind this process
    EXPECT_THROW(Turn(elsewhere, 20ms), Fault);  // behind another one
  }
  EXPECT_NO_THROW(Turn(turns, 1s));
  EXPECT_NO_THROW(Turn(elsewhere, 1s));
}

}  // namespace
}  // namespace mail::db
