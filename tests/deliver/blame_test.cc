#include "deliver/blame.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/thread.h"

namespace mail::deliver {
namespace {

// Dies as `death` says, on a thread with one message among others; who is to
// blame, and by which signal.
std::pair<std::string, int> die(const std::function<void()>& death) {
  Announcements announcements(2);
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    blame_on_death(announcements, 1);
    const Thread other([] {
      const SignalStack stack;
      const InHand in_hand("INNOCENT");
      ::pause();
    });
    const Thread culprit([&] {
      const SignalStack stack;
      { const InHand before("BEFORE"); }
      const InHand in_hand("CULPRIT");
      death();
    });
    ::pause();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {announcements.take(1), WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

void overflow(volatile char* above) {
  volatile char here[4096];
  if (*above == 127) return;
  here[0] = *above;
  overflow(here);
  here[1] = here[0];
}

TEST(BlameTest, TheThreadThatFaultsNamesItsMessage) {
  const auto [id, signal] = die([] {
    void* const closed = ::mmap(nullptr, 4096, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile int*>(closed) = 1;
  });
  EXPECT_EQ(id, "CULPRIT");
  EXPECT_EQ(signal, SIGSEGV);
}

TEST(BlameTest, AbortAndRaisedSignalsCountToo) {
  EXPECT_EQ(die([] { ::abort(); }),
            (std::pair<std::string, int>{"CULPRIT", SIGABRT}));
  EXPECT_EQ(die([] { ::raise(SIGBUS); }),
            (std::pair<std::string, int>{"CULPRIT", SIGBUS}));
}

TEST(BlameTest, AnOverflownStackCanStillSaySo) {
  const auto [id, signal] = die([] {
    char start = 0;
    overflow(&start);
  });
  EXPECT_EQ(id, "CULPRIT");
  EXPECT_EQ(signal, SIGSEGV);
}

TEST(BlameTest, OthersKillingBlamesNobody) {
  EXPECT_EQ(die([] { ::kill(::getpid(), SIGKILL); }),
            (std::pair<std::string, int>{"", SIGKILL}));
}

}  // namespace
}  // namespace mail::deliver
