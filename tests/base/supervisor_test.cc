#include "base/supervisor.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "base/fault.h"

namespace mail {
namespace {

// A number that a process and its children share.
struct Shared {
  Shared()
      : memory(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
  ~Shared() { ::munmap(memory, 4096); }
  std::atomic<int>& number(int n = 0) {
    return static_cast<std::atomic<int>*>(memory)[n];
  }
  void* memory;
};

int sleep_on() {
  for (;;) ::pause();
}

TEST(SupervisorTest, StartsAgainWhatEnds) {
  Shared shared;
  Supervisor supervisor;
  supervisor.add({.name = "short",
                  .prepare = {},
                  .run =
                      [&] {
                        if (++shared.number() < 2) return 3;
                        return sleep_on();
                      },
                  .argv = {}});
  std::vector<int> codes;
  std::vector<int> signals;
  supervisor.on_death([&](const Death& death) {
    codes.push_back(death.code);
    signals.push_back(death.signal);
  });
  supervisor.on_tick([&] {
    if (shared.number() == 2) supervisor.stop();
  });
  EXPECT_EQ(supervisor.run(), 0);
  EXPECT_EQ(codes, (std::vector{3, 0}));
  EXPECT_EQ(signals, (std::vector{0, SIGTERM}));
}

TEST(SupervisorTest, WhatRunsOnceIsNotStartedAgain) {
  Shared shared;
  Supervisor supervisor;
  supervisor.add({.name = "once",
                  .prepare = {},
                  .run = [&] { return ++shared.number(); },
                  .argv = {},
                  .once = true});
  std::vector<int> codes;
  supervisor.on_death([&](const Death& death) { codes.push_back(death.code); });
  EXPECT_EQ(supervisor.run(), 0);  // until no child is left
  EXPECT_EQ(codes, std::vector{1});
}

TEST(SupervisorTest, ReportsTheSignalAndWaitsLongerEachTime) {
  Supervisor supervisor;
  const int child = supervisor.add({.name = "crash",
                                    .prepare = {},
                                    .run = []() -> int {
                                      ::signal(SIGSEGV, SIG_DFL);  // not ASan's
                                      ::kill(::getpid(), SIGSEGV);
                                      return sleep_on();
                                    },
                                    .argv = {}});
  std::vector<std::chrono::steady_clock::time_point> at;
  supervisor.on_death([&](const Death& death) {
    EXPECT_EQ(death.child, child);
    EXPECT_EQ(death.signal, SIGSEGV);
    EXPECT_GT(death.pid, 0);
    at.push_back(std::chrono::steady_clock::now());
    if (at.size() == 3) supervisor.stop();
  });
  supervisor.run();
  ASSERT_EQ(at.size(), 3U);
  EXPECT_LT(at[1] - at[0], std::chrono::milliseconds(900));
  EXPECT_GE(at[2] - at[1], std::chrono::milliseconds(900));
}

TEST(SupervisorTest, RenewsAtOnceHoweverOften) {
  Shared shared;
  Supervisor supervisor;
  supervisor.add({.name = "renewed",
                  .prepare = {},
                  .run =
                      [&] {
                        const bool last = ++shared.number() == 4;
                        ::kill(::getppid(), last ? SIGTERM : SIGHUP);
                        return sleep_on();
                      },
                  .argv = {}});
  supervisor.on_hangup([&] { supervisor.renew_all(); });
  const auto begun = std::chrono::steady_clock::now();
  supervisor.run();
  EXPECT_EQ(shared.number(), 4);
  // The pauses after as many deaths would be 0, 1 and 2 s.
  EXPECT_LT(std::chrono::steady_clock::now() - begun,
            std::chrono::milliseconds(2500));
}

TEST(SupervisorTest, AFaultInAChildIsExitCode75) {
  Supervisor supervisor;
  supervisor.add({.name = "fault",
                  .prepare = {},
                  .run = []() -> int { throw Fault("no disk"); },
                  .argv = {}});
  supervisor.on_death([&](const Death& death) {
    EXPECT_EQ(death.code, 75);
    supervisor.stop();
  });
  supervisor.run();
}

TEST(SupervisorTest, RunsProgramsAndLeavesWhenAllAreRetired) {
  Supervisor supervisor;
  const int child = supervisor.add({.name = "true",
                                    .prepare = {},
                                    .run = {},
                                    .argv = {"/bin/sh", "-c", "exit 4"}});
  int code = 0;
  supervisor.on_death([&](const Death& death) {
    code = death.code;
    supervisor.retire(child);
  });
  EXPECT_EQ(supervisor.run(), 0);
  EXPECT_EQ(code, 4);
}

TEST(SupervisorTest, KillsWhatDoesNotHearTerm) {
  Shared shared;
  Supervisor supervisor;
  supervisor.grace(std::chrono::milliseconds(100));
  supervisor.add({.name = "deaf",
                  .prepare = {},
                  .run =
                      [&] {
                        ::signal(SIGTERM, SIG_IGN);
                        shared.number() = 1;
                        return sleep_on();
                      },
                  .argv = {}});
  int signal = 0;
  supervisor.on_death([&](const Death& death) { signal = death.signal; });
  supervisor.on_tick([&] {
    if (shared.number() == 1) supervisor.stop();
  });
  supervisor.run();
  EXPECT_EQ(signal, SIGKILL);
}

TEST(SupervisorTest, ChildrenDieWithTheirParent) {
  Shared shared;
  const pid_t parent = ::fork();
  if (parent == 0) {
    Supervisor supervisor;
    supervisor.add({.name = "orphan",
                    .prepare = {},
                    .run =
                        [&] {
                          shared.number() = ::getpid();
                          return sleep_on();
                        },
                    .argv = {}});
    supervisor.run();
    ::_exit(0);
  }
  while (shared.number() == 0) ::usleep(1000);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  const pid_t orphan = shared.number();
  for (int i = 0; i < 2000; ++i) {
    if (::kill(orphan, 0) != 0) return;
    // A zombie that nobody collects yet is dead as well.
    const std::string path = "/proc/" + std::to_string(orphan) + "/stat";
    std::string text(512, '\0');
    if (FILE* file = std::fopen(path.c_str(), "r")) {
      text.resize(std::fread(text.data(), 1, text.size(), file));
      std::fclose(file);
    }
    if (text.find(") Z ") != text.npos) return;
    ::usleep(1000);
  }
  FAIL() << "the child outlived its parent";
}

TEST(SupervisorTest, HangupReachesTheHook) {
  Supervisor supervisor;
  supervisor.add({.name = "idle", .prepare = {}, .run = sleep_on, .argv = {}});
  bool heard = false;
  supervisor.on_hangup([&] {
    heard = true;
    supervisor.stop();
  });
  ::kill(::getpid(), SIGHUP);
  supervisor.run();
  EXPECT_TRUE(heard);
}

}  // namespace
}  // namespace mail
