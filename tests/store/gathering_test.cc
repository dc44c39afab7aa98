#include "store/gathering.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/mapping.h"
#include "tests/support/mail_store.h"
#include "tests/support/write_message.h"

namespace mail::store {
namespace {

// Commits by noting how many calls it was given.
struct Noted : Gathering::Call {
  explicit Noted(std::vector<std::size_t>& into) : Call(this), sizes(into) {}
  void commit(Gathering::Calls calls) override {
    if (gate) {
      gate->entered.set_value();
      gate->opened.get_future().wait();
    }
    for (Gathering::Call* one : calls) {
      if (static_cast<Noted*>(one)->poisoned) throw NoSpace("poison");
    }
    sizes.push_back(calls.size());
  }

  std::vector<std::size_t>& sizes;
  struct Gate {
    std::promise<void> entered;
    std::promise<void> opened;
  };
  Gate* gate = nullptr;
  bool poisoned = false;
};

struct GatheringTest : testing::Test {
  // While one commits, the others gather.
  void run(const std::vector<Noted*>& others) {
    Noted::Gate gate;
    Noted busy(sizes);
    busy.gate = &gate;
    std::jthread leader([&] { gathering.run(busy); });
    gate.entered.get_future().wait();
    std::vector<std::jthread> threads;
    for (Noted* one : others) {
      threads.emplace_back([&, one] {
        try {
          gathering.run(*one);
          ++done;
        } catch (const NoSpace&) {
          ++failed;
        }
      });
    }
    while (gathering.waiting() < others.size()) std::this_thread::yield();
    gate.opened.set_value();
  }

  Gathering gathering;
  std::vector<std::size_t> sizes;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
};

TEST_F(GatheringTest, WhatWaitsIsDoneTogether) {
  Noted one(sizes);
  Noted two(sizes);
  Noted three(sizes);
  run({&one, &two, &three});
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(done, 3);
}

// Whether what failed is done nobody knows: a second time would be one too
// many.
TEST_F(GatheringTest, WhatFailsIsNotTriedAgainByOthersWhoAreToldTheSame) {
  Noted good(sizes);
  Noted bad(sizes);
  Noted fine(sizes);
  bad.poisoned = true;
  run({&good, &bad, &fine});
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(sizes, std::vector<std::size_t>{1});
  Noted next(sizes);
  gathering.run(next);
  EXPECT_EQ(sizes.size(), 2u);
}

TEST_F(GatheringTest, ThoseWhoDoNotComeAgainAreNotWaitedForLong) {
  Noted one(sizes);
  Noted two(sizes);
  run({&one, &two});
  for (int i = 0; i < 100; ++i) {
    Noted call(sizes);
    gathering.run(call);
  }
  EXPECT_EQ(sizes.size(), 102u);
}

TEST_F(GatheringTest, WhoIsAloneForAWhileMakesItCalm) {
  EXPECT_FALSE(gathering.is_calm());
  for (int i = 0; i < 20; ++i) {
    Noted call(sizes);
    gathering.run(call);
  }
  EXPECT_TRUE(gathering.is_calm());
  Noted one(sizes);
  Noted two(sizes);
  run({&one, &two});
  EXPECT_FALSE(gathering.is_calm());
}

// Two who always come a little too late for each other: each comes while the
// other commits, and would wait for him in vain ever after.
TEST_F(GatheringTest, WaitsInVainEnd) {
  int quick = 0;
  for (int i = 0; i < 40; ++i) {
    Noted first(sizes);
    Noted second(sizes);
    Noted::Gate gate;
    first.gate = &gate;
    std::jthread other([&] { gathering.run(first); });
    gate.entered.get_future().wait();
    std::jthread opener([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      gate.opened.set_value();
    });
    const Micros began = steady_time();
    gathering.run(second);
    quick += steady_time() - began < 10 * kMillisecond;
  }
  EXPECT_GT(quick, 5);
}

TEST_F(GatheringTest, WhoIsAloneDoesNotWait) {
  const Micros began = steady_time();
  for (int i = 0; i < 1000; ++i) {
    Noted call(sizes);
    gathering.run(call);
  }
  EXPECT_LT(steady_time() - began, kSecond) << "1 ms each would be too long";
}

std::string text_of(Account& account, MailboxId mailbox, Uid uid) {
  std::string text;
  account.each_entry(mailbox, {uid, uid}, [&](const Entry& entry) {
    const auto content = account.content(entry.email);
    const Mapping bytes(content->file,
                        static_cast<std::size_t>(content->length));
    text = bytes.view();
  });
  return text;
}

// Through the store: each gets the UIDs of its own messages.
TEST(GatheredAppendsTest, OfSeveralThreadsShareCommitsAndMixNothingUp) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  MailStore store;
  const Modseq before = store.open()->modseq();
  std::vector<std::vector<Uid>> uids(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int n = 0; n < kThreads; ++n) {
      threads.emplace_back([&, n] {
        for (int i = 0; i < kEach; ++i) {
          auto account = store.accounts().open(1);
          const MailboxId inbox = account->mailbox("INBOX")->id;
          const auto done = append_one(
              *account, inbox,
              store.write(*account, numbered_message(n * kEach + i)));
          uids[static_cast<std::size_t>(n)].push_back(
              std::get<0>(done).front().uid);
        }
      });
    }
  }
  auto account = store.open();
  EXPECT_LT(account->modseq() - before, kThreads * kEach) << "none shared";
  const MailboxId inbox = account->mailbox("INBOX")->id;
  EXPECT_EQ(account->uids(inbox).size(), std::size_t{kThreads * kEach});
  for (int n = 0; n < kThreads; ++n) {
    for (int i = 0; i < kEach; ++i) {
      const Uid uid = uids[static_cast<std::size_t>(n)]
                          [static_cast<std::size_t>(i)];
      EXPECT_TRUE(text_of(*account, inbox, uid)
                      .ends_with("Body of " + std::to_string(n * kEach + i) +
                                 "\r\n"));
    }
  }
}

}  // namespace
}  // namespace mail::store
