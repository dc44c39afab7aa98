// The scheduler and a delivery worker, each in a process of its own.

#include "deliver/scheduler.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include "base/metrics.h"
#include "base/metrics_text.h"
#include "deliver/announcement.h"
#include "deliver/worker.h"
#include "deliver/worker_death.h"
#include "spool/announcer.h"
#include "tests/support/queue_house.h"

namespace mail::deliver {
namespace {

using Verb = spool::QueueVerb;

class SchedulerTest : public ::testing::Test, protected QueueHouse {
 protected:
  SchedulerTest() {
    EXPECT_TRUE(editor_->add_alias("all@example.test",
                                   {"ann@example.test", "bob@example.test"}));
  }
  ~SchedulerTest() override { stop(); }

  // `poison`: the worker aborts when it meets a message with this id.
  void start(const std::string& poison = "") {
    ::unlink(settings_.queue_control().c_str());
    poison_ = poison;
    workers_ = std::make_unique<SocketPair>();
    parent_ = std::make_unique<SocketPair>();
    start_scheduler();
    start_worker();
    EXPECT_TRUE(eventually([&] {
      return spool::QueueClient::reach(settings_.queue_control()).has_value();
    }));
  }
  void start_scheduler() {
    scheduler_ = spawn([this] {
      directory::SqliteDirectory directory(settings_.directory_db(), "+");
      return Scheduler(settings_, {workers_->ours, parent_->theirs, {}},
                       directory)
          .run();
    });
  }
  void start_worker() {
    worker_ = spawn([this] {
      if (!poison_.empty()) return poisoned_worker();
      return Worker(settings_, {0, 1, workers_->theirs, announcements_})
          .run();
    });
  }
  int poisoned_worker() {
    ::signal(SIGTERM, SIG_DFL);
    const Fd copy(::dup(workers_->theirs.number()));
    const std::string hello = to_packet(BatchResult{});
    ::send(copy.number(), hello.data(), hello.size(), 0);
    std::string packet(kMaxBatchPacket, '\0');
    while (true) {
      const auto n =
          ::recv(copy.number(), packet.data(), packet.size(), MSG_PEEK);
      const auto batch = parse_batch(std::string_view(packet).substr(
          0, static_cast<std::size_t>(n)));
      for (const auto& parcel : batch->parcels) {
        if (parcel.id != poison_) continue;
        ::recv(copy.number(), packet.data(), packet.size(), 0);
        announcements_.announce(0, parcel.id);
        std::abort();
      }
      Worker(settings_, {0, 1, workers_->theirs, announcements_}).serve();
    }
  }
  // What the parent of the two does when the worker dies.
  int bury_worker() {
    int status = 0;
    ::waitpid(worker_, &status, 0);
    const std::string packet =
        to_packet(WorkerDeath{0, WTERMSIG(status), announcements_.take(0)});
    ::send(parent_->ours[0].number(), packet.data(), packet.size(), 0);
    start_worker();
    return WTERMSIG(status);
  }
  void stop() {
    for (pid_t* pid : {&scheduler_, &worker_}) {
      if (*pid > 0) {
        const bool deaf = pid == &worker_ && !poison_.empty();
        ::kill(*pid, deaf ? SIGKILL : SIGTERM);
        ::waitpid(*pid, nullptr, 0);
      }
      *pid = 0;
    }
  }

  std::string put(const std::string& sender, std::vector<std::string> to,
                  std::size_t size = 10) {
    const auto id = QueueHouse::put(sender, std::move(to), size);
    announcer_->announce(id);
    return id;
  }
  // A report lies in the spool that all of the message has failed.
  void report_as_if_killed(const std::string& id, bool has_rows) {
    spool::QueueDb db(settings_.queue_db());
    spool::Shelves shelves(settings_.spool());
    directory::SqliteDirectory directory(settings_.directory_db(), "+");
    const auto item = shelves.open(spool::Shelf::In, id);
    Message message =
        first_attempt(*item, spool::Shelf::In, directory, Lifetime{});
    const auto rows = to_rows(message);
    for (auto& target : message.targets) target.state = TargetState::Failed;
    Bouncer bouncer({settings_.spool(), settings_.hostname, db.secret()});
    EXPECT_NE(bouncer.report(message, wall_time()), "");
    if (!has_rows) return;
    db.write({&rows, 1}, {});
    shelves.move(id, spool::Shelf::In, spool::Shelf::Deferred);
  }
  bool drained() const { return empty("in") && empty("deferred"); }
  // Whether an order was followed, for one message, at once.
  bool changed(Verb verb, const std::vector<spool::QueueTarget>& targets) {
    const auto change = queue().change(verb, targets);
    return change && change->done == 1 && change->later == 0;
  }
  // The message as the queue shows it, once it lies there.
  spool::QueueMessage queued(const std::string& id) {
    std::optional<spool::QueueMessage> shown;
    EXPECT_TRUE(eventually([&] {
      bool active = false;
      queue().each_active([&](const auto& m) { active |= m.id == id; });
      if (!active) shown = spool::QueueReader(settings_.queue_db()).show(id);
      return shown.has_value();
    }));
    return shown.value_or(spool::QueueMessage{});
  }

  std::unique_ptr<spool::Announcer> announcer_ =
      std::make_unique<spool::Announcer>(dir_.path() + "/run/scheduler");
  Announcements announcements_{1};
  std::string poison_;
  std::unique_ptr<SocketPair> workers_;
  std::unique_ptr<SocketPair> parent_;
  pid_t scheduler_ = 0;
  pid_t worker_ = 0;
};

TEST_F(SchedulerTest, DeliversToEachOnceAndLeavesNothing) {
  put("x@example.org", {"all@example.test", "ann@example.test"});
  start();
  ASSERT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(inbox(ann_), 1);
  EXPECT_EQ(inbox(bob_), 1);
  EXPECT_EQ(queue().status()->stored, 0);
  put("x@example.org", {"ann@example.test"});
  ASSERT_TRUE(eventually([&] { return inbox(ann_) == 2; }));
}

TEST_F(SchedulerTest, AFullMailboxWaitsUntilThereIsRoom) {
  make_full(ann_);
  start();
  const auto id = put("x@example.org", {"all@example.test"}, 9000);
  EXPECT_EQ(queued(id).all.at(0).last, "4.2.2 the mailbox is full");
  EXPECT_TRUE(eventually([&] { return announcer_->is_full(ann_.id); }));
  EXPECT_EQ(inbox(bob_), 1);
  ann_.quota_bytes = 50'000;
  ASSERT_TRUE(editor_->change_account(ann_));
  EXPECT_TRUE(
      eventually([&] { return changed(Verb::Retry, {{id}}); }));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1 && drained(); }));
  EXPECT_TRUE(eventually([&] { return !announcer_->is_full(ann_.id); }));
  EXPECT_EQ(inbox(bob_), 1);
}

TEST_F(SchedulerTest, AnAccountWithoutAQuotaHasTheUsualOne) {
  make_full(ann_);
  ann_.quota_bytes = 0;
  ASSERT_TRUE(editor_->change_account(ann_));
  settings_.quota = 12'000;
  start();
  const auto id = put("x@example.org", {"ann@example.test"}, 9000);
  EXPECT_EQ(queued(id).all.at(0).last, "4.2.2 the mailbox is full");
}

// Also when it was never tried to deliver anything.
TEST_F(SchedulerTest, SaysHowMuchRoomIsLeftWhenItIsAsked) {
  make_full(ann_);
  start();
  std::optional<std::int64_t> room;
  ASSERT_TRUE(eventually([&] {
    announcer_ = std::make_unique<spool::Announcer>(
        settings_.scheduler_socket());
    room = announcer_->room(ann_.id);
    return room.has_value();
  }));
  EXPECT_EQ(*room, 3000);
  EXPECT_FALSE(announcer_->room(bob_.id)) << "it has no quota";
  put("x@example.org", {"ann@example.test"}, 1000);
  EXPECT_TRUE(eventually([&] { return announcer_->room(ann_.id) < 2000; }));
}

TEST_F(SchedulerTest, WhatCanNeverFitGoesBackAtOnce) {
  ann_.quota_bytes = 5000;
  ASSERT_TRUE(editor_->change_account(ann_));
  start();
  put("bob@example.test", {"ann@example.test"}, 9000);
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1 && drained(); }));
  EXPECT_EQ(inbox(ann_), 0);
}

TEST_F(SchedulerTest, WhatExpiresIsReportedToItsSender) {
  const Metrics metrics(settings_.run_folder(), "queue-runner");
  settings_.queue_expire = 0;
  make_full(ann_);
  put("bob@example.test", {"ann@example.test"}, 9000);
  start();
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1 && drained(); }));
  EXPECT_TRUE(prometheus_text(settings_.run_folder())
                  .contains(R"(bounced_total{program="queue-runner",)"
                            R"(reason="expired"} 1)"));
}

TEST_F(SchedulerTest, MailForNobodyIsReportedButNeverToNobody) {
  put("bob@example.test", {"gone@example.test", "ann@example.test"});
  put("", {"gone@example.test"});
  start();
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1 && drained(); }));
  EXPECT_EQ(inbox(ann_), 1);
}

// Killed between the report's commit and the change of the message: what was
// decided is not decided again, though ann could be served.
TEST_F(SchedulerTest, WhatAReportHasSettledIsNotTriedAgain) {
  for (const bool has_rows : {false, true}) {
    const auto id =
        put("bob@example.test", {"ann@example.test", "gone@example.test"});
    report_as_if_killed(id, has_rows);
    start();
    EXPECT_TRUE(eventually([&] { return drained(); }));
    EXPECT_EQ(inbox(ann_), 0);
    EXPECT_EQ(inbox(bob_), has_rows ? 2 : 1);
    EXPECT_TRUE(eventually([&] { return queue().status()->stored == 0; }));
    stop();
  }
}

TEST_F(SchedulerTest, WhatIsTornOrDamagedIsPutAside) {
  const auto id = spool::make_id(wall_time());
  const auto path = settings_.spool() + "/in/" + spool::shard(id) + "/" + id;
  replace_file(path, "Subject: never ended", 0660);
  start();
  EXPECT_TRUE(eventually([&] { return empty("in"); }));
  EXPECT_EQ(list_folder(settings_.spool() + "/corrupt"), std::vector{id});
}

TEST_F(SchedulerTest, AMessageThatKillsThreeWorkersIsPutAside) {
  const auto before = put("x@example.org", {"ann@example.test"});
  const auto poison = put("x@example.org", {"all@example.test"});
  const auto after = put("x@example.org", {"ann@example.test"});
  start(poison);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bury_worker(), SIGABRT);
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(list_folder(settings_.spool() + "/corrupt"), std::vector{poison});
  EXPECT_EQ(inbox(ann_), 2);
  EXPECT_TRUE(eventually([&] { return queue().status()->stored == 0; }));
}

TEST_F(SchedulerTest, DeathsThatSayNothingAreNoStrikes) {
  start();
  for (int i = 0; i < 4; ++i) {
    ::kill(worker_, SIGKILL);
    announcements_.announce(0, put("x@example.org", {"ann@example.test"}));
    EXPECT_EQ(bury_worker(), SIGKILL);
  }
  EXPECT_TRUE(eventually([&] { return drained(); }));
  EXPECT_EQ(inbox(ann_), 4);
}

// It may have delivered it before it died: that is asked, not guessed.
TEST_F(SchedulerTest, WhatADeadWorkerHadIsNotSentBackUntried) {
  start();
  ::kill(worker_, SIGSTOP);
  const auto id = put("bob@example.test", {"ann@example.test"});
  ASSERT_TRUE(eventually([&] {
    const auto change = queue().change(Verb::Bounce, {{id}});
    return change && change->later == 1;
  }));
  ::kill(worker_, SIGKILL);
  EXPECT_EQ(bury_worker(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1 && drained(); }));
  EXPECT_EQ(inbox(bob_), 0);
}

TEST_F(SchedulerTest, AdministratorsHoldReleaseAndDelete) {
  make_full(ann_);
  start();
  const auto id = put("x@example.org", {"ann@example.test"}, 9000);
  queued(id);
  ASSERT_TRUE(
      eventually([&] { return changed(Verb::Hold, {{id}}); }));
  EXPECT_EQ(queued(id).state, "held");
  EXPECT_EQ(list_folder(settings_.spool() + "/hold"), std::vector{id});
  ann_.quota_bytes = 0;
  ASSERT_TRUE(editor_->change_account(ann_));
  EXPECT_TRUE(
      eventually([&] { return changed(Verb::Release, {{id}}); }));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1 && drained(); }));

  make_full(bob_);
  const auto other = put("", {"bob@example.test"}, 9000);
  queued(other);
  ASSERT_TRUE(
      eventually([&] { return changed(Verb::Delete, {{other}}); }));
  EXPECT_TRUE(drained());
  EXPECT_FALSE(spool::QueueReader(settings_.queue_db()).show(other));
}

// The rows of what has gone stand there for a moment more.
TEST_F(SchedulerTest, WhatIsSentBackCountsOnce) {
  const Metrics metrics(settings_.run_folder(), "queue-runner");
  make_full(ann_);
  auto eve = add("eve@example.test");
  make_full(eve);
  start();
  for (int i = 1; i < 4; ++i) {
    const auto id = put("bob@example.test",
                        {"ann@example.test", "eve@example.test"}, 9000);
    ASSERT_EQ(queued(id).all.size(), 2u);
    ASSERT_TRUE(eventually([&] { return changed(Verb::Bounce, {{id}}); }));
    EXPECT_TRUE(eventually([&] { return inbox(bob_) == i && drained(); }));
  }
  EXPECT_TRUE(prometheus_text(settings_.run_folder())
                  .contains(R"(bounced_total{program="queue-runner",)"
                            R"(reason="other"} 6)"));
}

TEST_F(SchedulerTest, AdministratorsSendBackSomeRecipients) {
  make_full(ann_);
  start();
  auto eve = add("eve@example.test");
  make_full(eve);
  const auto id = put("bob@example.test",
                      {"ann@example.test", "eve@example.test"}, 9000);
  ASSERT_EQ(queued(id).all.size(), 2u);
  ASSERT_TRUE(eventually(
      [&] { return changed(Verb::Hold, {{id}}); }));
  EXPECT_TRUE(eventually(
      [&] { return changed(Verb::Bounce, {{id, {0}}}); }));
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 1; }));
  const auto left = queued(id);
  ASSERT_EQ(left.all.size(), 1u);
  EXPECT_EQ(left.all[0].address, "eve@example.test");
  ASSERT_TRUE(eventually(
      [&] { return changed(Verb::Expire, {{id}}); }));
  EXPECT_TRUE(eventually([&] { return inbox(bob_) == 2 && drained(); }));
}

TEST_F(SchedulerTest, SuspendedDomainsAreToldToWhoTakesMail) {
  start();
  const spool::Suspension suspension{spool::Suspension::Kind::Domain,
                                     "example.test", wall_time() + kHour, ""};
  ASSERT_TRUE(eventually([&] {
    return spool::QueueClient::reach(settings_.queue_control()).has_value();
  }));
  ASSERT_TRUE(queue().suspend(suspension));
  const auto waits = put("x@example.org", {"ann@example.test"});
  EXPECT_EQ(queued(waits).all.at(0).last,
            "4.3.2 mail for this domain is suspended");
  EXPECT_TRUE(
      eventually([&] { return announcer_->is_suspended("example.test"); }));
  EXPECT_TRUE(queue().resume(suspension.kind, suspension.name));
  EXPECT_TRUE(
      eventually([&] { return !announcer_->is_suspended("example.test"); }));
  EXPECT_FALSE(queue().resume(suspension.kind, suspension.name));
  EXPECT_TRUE(eventually([&] { return inbox(ann_) == 1; }));
}

TEST_F(SchedulerTest, ASuspensionEndsForWhoTakesMailWhenItsTimeIsOver) {
  start();
  const spool::Suspension suspension{spool::Suspension::Kind::Domain,
                                     "example.test", wall_time() + kSecond,
                                     ""};
  ASSERT_TRUE(eventually([&] {
    return spool::QueueClient::reach(settings_.queue_control()).has_value();
  }));
  ASSERT_TRUE(queue().suspend(suspension));
  EXPECT_TRUE(
      eventually([&] { return announcer_->is_suspended("example.test"); }));
  EXPECT_TRUE(
      eventually([&] { return !announcer_->is_suspended("example.test"); }));
}

TEST_F(SchedulerTest, WhatLostItsRowsBeginsAgain) {
  make_full(ann_);
  const auto id = put("x@example.org", {"all@example.test"}, 9000);
  start();
  queued(id);
  ASSERT_TRUE(eventually([&] { return empty("in"); }));
  stop();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ::unlink((settings_.queue_db() + suffix).c_str());
  }
  start();
  EXPECT_EQ(queued(id).state, "deferred");
  EXPECT_EQ(inbox(bob_), 1);
}

}  // namespace
}  // namespace mail::deliver
