// Four processes on one account: the promise of ARCHITECTURE, "Writing".
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "store/administration.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

struct Tally {
  std::int64_t commits;
  Micros worst;
  Micros all;
};

void flag_until(MailStore& store, Uid uid, Micros end, Tally& tally) {
  const auto account = store.open();
  const MailboxId inbox = account->mailbox("INBOX")->id;
  while (steady_time() < end) {
    const Micros start = steady_time();
    account->change_flags(
        inbox, {{uid, uid}},
        {FlagAction::Replace, tally.commits % 2 ? kSeen : kFlagged, {}, {}});
    const Micros took = steady_time() - start;
    tally.worst = std::max(tally.worst, took);
    tally.all += took;
    ++tally.commits;
  }
}

TEST(WritersTest, FourProcessesOnOneAccountWaitLessThan300Milliseconds) {
  constexpr std::size_t kProcesses = 4;
  MailStore store;
  Modseq before = 0;
  {
    const auto account = store.open();
    for (std::size_t i = 0; i < kProcesses; ++i) {
      store.append(*account, account->mailbox("INBOX")->id, "\nx\n");
    }
    before = account->modseq();
  }
  store.accounts().close_idle();
  auto* tallies = static_cast<Tally*>(
      ::mmap(nullptr, kProcesses * sizeof(Tally), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(tallies, MAP_FAILED);
  const Micros end = steady_time() + 2 * kSecond;
  std::array<pid_t, kProcesses> children{};
  for (std::size_t i = 0; i < kProcesses; ++i) {
    children[i] = ::fork();
    if (children[i] == 0) {
      MailStore* mine = &store;  // never destroyed here: the folder stays
      flag_until(*mine, static_cast<Uid>(i + 1), end, tallies[i]);
      ::_exit(0);
    }
  }
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kProcesses; ++i) {
    int status = 1;
    ::waitpid(children[i], &status, 0);
    EXPECT_EQ(status, 0);
    sum += tallies[i].commits;
  }
  for (std::size_t i = 0; i < kProcesses; ++i) {
    // On a machine with other work, a command is slow without any waiting.
    const Micros usual = tallies[i].all / tallies[i].commits;
    EXPECT_LT(tallies[i].worst, 300 * kMillisecond + 20 * usual);
    EXPECT_GT(tallies[i].commits, sum / 8);
    EXPECT_LT(tallies[i].commits, sum / 2);
  }
  EXPECT_EQ(store.open()->modseq(), before + sum);
  EXPECT_TRUE(check(store.folder(), Depth::Rows).problems.empty());
  ::munmap(tallies, kProcesses * sizeof(Tally));
}

}  // namespace
}  // namespace mail::store
