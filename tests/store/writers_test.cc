// Four processes on one account: the promise of ARCHITECTURE, "Writing".
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "store/administration.h"
#include "store/modseq_file.h"
#include "tests/support/mail_store.h"

namespace mail::store {
namespace {

// Waiting is counted in turns of others, not in time: a process that the
// kernel leaves aside is late without being passed over.
struct Tally {
  std::int64_t commits;
  std::int64_t most_passed;  // by others, while one commit waited
};

constexpr Modseq kCommits = 2'000;
constexpr std::int64_t kMostPassed = 100;

void flag_until(MailStore& store, Uid uid, Modseq last, Tally& tally) {
  const auto account = store.open();
  const MailboxId inbox = account->mailbox("INBOX")->id;
  const ModseqFile number(store.folder());
  for (Modseq before = number.read(); before < last; before = number.read()) {
    const auto outcome = account->change_flags(
        inbox, {{uid, uid}},
        {FlagAction::Replace, tally.commits % 2 ? kSeen : kFlagged, {}, {}});
    tally.most_passed =
        std::max(tally.most_passed, outcome.modseq - before - 1);
    ++tally.commits;
  }
}

TEST(WritersTest, FourProcessesOnOneAccountHaveTheirTurns) {
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
  std::array<pid_t, kProcesses> children{};
  for (std::size_t i = 0; i < kProcesses; ++i) {
    children[i] = ::fork();
    if (children[i] == 0) {
      MailStore* mine = &store;  // never destroyed here: the folder stays
      flag_until(*mine, static_cast<Uid>(i + 1), before + kCommits, tallies[i]);
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
    EXPECT_LT(tallies[i].most_passed, kMostPassed);
    EXPECT_GT(tallies[i].commits, sum / 8);
    EXPECT_LT(tallies[i].commits, sum / 2);
  }
  EXPECT_EQ(store.open()->modseq(), before + sum);
  EXPECT_TRUE(check(store.folder(), Depth::Rows).problems.empty());
  ::munmap(tallies, kProcesses * sizeof(Tally));
}

}  // namespace
}  // namespace mail::store
