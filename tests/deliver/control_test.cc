#include "deliver/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/cage_roles.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/local_socket.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

class FakeKeeper : public QueueKeeper, public RuleKeeper {
 public:
  FakeKeeper() {
    for (int i = 0; i < 450; ++i) {
      spool::QueueMessage m;
      m.id = spool::make_id(1'000'000 + i * kMillisecond);
      m.state = "active";
      m.sender = "a\tb@example.org";
      m.size = i;
      m.stored = i % 2 == 1;
      const int count = i == 3 ? 5000 : 10;
      for (int r = 0; r < count; ++r) {
        m.all.push_back({"bob@example.test", "active", r, 5, "why", r,
                         "mx.example", {}});
      }
      messages[m.id] = m;
    }
  }
  std::string next_in_hand(const std::string& after) override {
    const auto next = messages.upper_bound(after);
    return next == messages.end() ? "" : next->first;
  }
  std::optional<spool::QueueMessage> in_hand(const std::string& id) override {
    return messages.at(id);
  }
  spool::QueueChange change(
      spool::QueueVerb verb,
      const std::vector<spool::QueueTarget>& targets) override {
    if (verb == spool::QueueVerb::Hold) throw Fault("disk is gone");
    if (verb == spool::QueueVerb::Expire && questions > 0) {
      throw Fault("disk is gone now");
    }
    for (const auto& target : targets) {
      recipients += target.recipients.size();
    }
    ++questions;
    return {static_cast<std::int64_t>(targets.size()), 1};
  }
  void suspend(const spool::Suspension& one) override { suspended = one; }
  bool resume(spool::Suspension::Kind, const std::string& name) override {
    return name == suspended.name;
  }
  Result<std::int64_t> add_rule(const spool::HoldRule& one) override {
    rule = one;
    return 7;
  }
  bool remove_rule(std::int64_t n) override { return n == 7; }
  Result<void> suppress(const spool::Suppression& one) override {
    if (one.until == 5) return refuse("too soon");
    suppressed = one;
    return {};
  }
  bool unsuppress(const std::string& address) override {
    return address == suppressed.address;
  }
  RuleKeeper& rules() override { return *this; }
  spool::QueueStatus status() override { return {1, 2, 3}; }
  std::optional<spool::SiteRow> next_site(const std::string& after) override {
    const auto next = sites.upper_bound(after);
    if (next == sites.end()) return {};
    return spool::SiteRow{*next, 7, 2, 500, "a b", "away", 10, 9};
  }

  std::set<std::string> sites;
  std::map<std::string, spool::QueueMessage> messages;
  std::size_t recipients = 0;
  int questions = 0;
  spool::Suspension suspended;
  spool::HoldRule rule;
  spool::Suppression suppressed;
};

class ControlTest : public ::testing::Test {
 protected:
  ControlTest()
      : control_(dir_.path() + "/c", {::geteuid()}), server_([this](std::stop_token stop) {
          while (!stop.stop_requested()) {
            pollfd ready{control_.wait_on(), POLLIN, 0};
            ::poll(&ready, 1, 20);
            control_.serve(keeper_);
          }
        }) {}

  TempDir dir_;
  FakeKeeper keeper_;
  Control control_;
  std::jthread server_;
};

TEST_F(ControlTest, ListsAllPagesOfWhatIsInHand) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<spool::QueueMessage> met;
  client.each_active([&](auto m) { met.push_back(std::move(m)); });
  ASSERT_EQ(met.size(), keeper_.messages.size());
  EXPECT_EQ(met[3].all.size(), 5000u);
  EXPECT_EQ(met[3].all[4999].n, 4999);
  EXPECT_EQ(met[449].all.size(), 10u);
  EXPECT_EQ(met[449].sender, "a\tb@example.org");
  EXPECT_EQ(met[2].all[1].site, "mx.example");
  EXPECT_FALSE(met[2].stored);
  EXPECT_TRUE(met[3].stored);
}

TEST_F(ControlTest, ChangesManyInSeveralQuestions) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<spool::QueueTarget> targets;
  for (const auto& [id, message] : keeper_.messages) {
    targets.push_back({id, {1, 2, 3}});
  }
  targets.push_back({targets[0].id, std::vector<int>(9000, 2'000'000'000)});
  const auto change = client.change(spool::QueueVerb::Retry, targets);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->done, 451);
  EXPECT_EQ(change->later, 3);
  EXPECT_EQ(keeper_.recipients, 450u * 3 + 9000);
  EXPECT_EQ(keeper_.questions, 3);
  EXPECT_EQ(client.status()->stored, 3);
}

TEST_F(ControlTest, WhatWasDoneBeforeTroubleIsSaid) {
  spool::QueueClient client(dir_.path() + "/c");
  std::vector<spool::QueueTarget> targets;
  for (const auto& [id, message] : keeper_.messages) targets.push_back({id});
  const auto change = client.change(spool::QueueVerb::Expire, targets);
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().why, "disk is gone now; 201 were changed before");
}

TEST_F(ControlTest, ListsAllPagesOfSites) {
  for (int i = 0; i < 3000; ++i) {
    keeper_.sites.insert("mx" + std::to_string(i) + ".a-rather-long.example");
  }
  spool::QueueClient client(dir_.path() + "/c");
  const auto sites = client.sites();
  ASSERT_TRUE(sites);
  ASSERT_EQ(sites->size(), 3000u);
  EXPECT_EQ(sites->back().name, *keeper_.sites.rbegin());
  EXPECT_EQ(sites->front().window, 7);
  EXPECT_EQ(sites->front().deaths, 2);
  EXPECT_EQ(sites->front().failures, 9);
  EXPECT_EQ(sites->front().why, "away");
}

TEST_F(ControlTest, SuspendsAndResumes) {
  using Kind = spool::Suspension::Kind;
  spool::QueueClient client(dir_.path() + "/c");
  EXPECT_TRUE(client.suspend({Kind::Site, "mx.example", 77, "a\tb"}));
  EXPECT_EQ(keeper_.suspended.kind, Kind::Site);
  EXPECT_EQ(keeper_.suspended.until, 77);
  EXPECT_EQ(keeper_.suspended.why, "a\tb");
  EXPECT_TRUE(client.resume(Kind::Site, "mx.example"));
  EXPECT_FALSE(client.resume(Kind::Site, "other.example"));
}

TEST_F(ControlTest, TakesRulesAndSuppressions) {
  spool::QueueClient client(dir_.path() + "/c");
  EXPECT_EQ(client.add_rule({0, "<>", "@x.example", 9, "a\tb", 0}), 7);
  EXPECT_EQ(keeper_.rule.sender, "<>");
  EXPECT_EQ(keeper_.rule.recipient, "@x.example");
  EXPECT_EQ(keeper_.rule.account, 9u);
  EXPECT_EQ(keeper_.rule.why, "a\tb");
  EXPECT_FALSE(client.add_rule({0, "", "", 0, "all of it", 0}));
  EXPECT_TRUE(client.remove_rule(7));
  EXPECT_FALSE(client.remove_rule(8));

  EXPECT_TRUE(client.suppress({"a@x.example", 77, "left", 0}));
  EXPECT_EQ(keeper_.suppressed.until, 77);
  EXPECT_EQ(keeper_.suppressed.why, "left");
  EXPECT_FALSE(client.suppress({"b@x.example", 5, "", 0}));
  EXPECT_FALSE(client.suppress({"nobody", 0, "", 0}));
  EXPECT_TRUE(client.unsuppress("a@x.example"));
  EXPECT_FALSE(client.unsuppress("b@x.example"));
}

TEST_F(ControlTest, TroubleIsAnAnswer) {
  spool::QueueClient client(dir_.path() + "/c");
  const auto held = client.change(spool::QueueVerb::Hold,
                                  {{spool::make_id(5)}});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().why, "disk is gone");
  EXPECT_FALSE(client.change(spool::QueueVerb::Delete,
                             {{"../../etc/passwd"}}));
}

void serve(std::stop_token stop, Control& control, FakeKeeper& keeper) {
  while (!stop.stop_requested()) {
    pollfd ready{control.wait_on(), POLLIN, 0};
    ::poll(&ready, 1, 20);
    control.serve(keeper);
  }
}

TEST(ControlRenewalTest, WhoIsCutOffByOneAsksTheNext) {
  TempDir dir;
  const std::string path = dir.path() + "/c";
  FakeKeeper keeper;
  auto first = std::make_unique<Control>(path, std::set{::geteuid()});
  spool::QueueClient client(path);
  spool::QueueClient another(path);
  first->serve(keeper);
  first.reset();
  const std::jthread next([&](std::stop_token stop) {
    Control control(path, {::geteuid()});
    serve(stop, control, keeper);
  });
  EXPECT_TRUE(client.status());
  const auto change =
      another.change(spool::QueueVerb::Retry, {{spool::make_id(5)}});
  ASSERT_TRUE(change);
  EXPECT_EQ(change->done, 1);
}

// What the Fault of an order says that was not answered.
std::string trouble_of_retry(spool::QueueClient client) {
  try {
    (void)client.change(spool::QueueVerb::Retry, {{spool::make_id(5)}});
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

TEST(ControlRenewalTest, OnlyALookIsAskedAgainWhenItWasRead) {
  TempDir dir;
  const std::string path = dir.path() + "/c";
  const Fd listener =
      listen_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC, 0600);
  std::atomic<int> read = 0;
  const std::jthread dies([&](std::stop_token stop) {
    pollfd ready{listener.number(), POLLIN, 0};
    while (!stop.stop_requested()) {
      if (::poll(&ready, 1, 20) != 1) continue;
      const Fd one(::accept(listener.number(), nullptr, nullptr));
      char byte = 0;
      if (::recv(one.number(), &byte, 1, 0) == 1) ++read;
    }
  });
  EXPECT_TRUE(trouble_of_retry(spool::QueueClient(path))
                  .contains("whether it was done is not known"));
  EXPECT_EQ(read, 1);
  EXPECT_FALSE(spool::QueueClient(path).status());
  EXPECT_GT(read, 2);
}

TEST(ControlRenewalTest, WhatNobodyReadWasNotDone) {
  TempDir dir;
  const std::string path = dir.path() + "/c";
  auto control = std::make_unique<Control>(path, std::set{::geteuid()});
  FakeKeeper keeper;
  spool::QueueClient client{connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC)};
  control->serve(keeper);
  control.reset();
  const auto trouble = trouble_of_retry(std::move(client));
  EXPECT_TRUE(trouble.contains("does not answer us")) << trouble;
}

TEST(ControlSilenceTest, AnOrderThatAHangingOneMayFollowIsNotRefused) {
  TempDir dir;
  const std::string path = dir.path() + "/c";
  const Control control(path, {::geteuid()});
  spool::QueueClient client(path);
  client.wait_at_most(20 * kMillisecond);
  EXPECT_TRUE(trouble_of_retry(std::move(client))
                  .contains("whether it was done is not known"));
}

TEST(ControlSilenceTest, WhoHangsIsWaitedForOnce) {
  TempDir dir;
  const std::string path = dir.path() + "/c";
  const Control control(path, {::geteuid()});
  spool::QueueClient client(path);
  client.wait_at_most(20 * kMillisecond);
  EXPECT_FALSE(client.each_active([](auto) {}));
  EXPECT_TRUE(client.hangs());
  client.wait_at_most(kHour);
  EXPECT_FALSE(client.sites());
  EXPECT_FALSE(client.status());
  EXPECT_THROW((void)client.resume(spool::Suspension::Kind::Site, "x"), Fault);
}

constexpr uid_t kStaunch = 54321;

// A taken-over imapd, which runs as this user too; made before there are
// threads, it asks when it is told to.
class Imapd {
 public:
  Imapd(const std::string& socket, uid_t user) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd begin(ends[0]);
    begin_ = Fd(ends[1]);
    child_ = ::fork();
    if (child_ != 0) return;
    begin_.close();
    const bool became = ::setgid(user) == 0 && ::setuid(user) == 0;
    if (!became) ::_exit(2);
    close_cage(imapd_rights("/nowhere"));
    char byte = 0;
    (void)!::read(begin.number(), &byte, 1);
    ::_exit(ask(socket));
  }
  bool is_answered() {
    begin_.close();
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << status;
    return status == 0;
  }

 private:
  static int ask(const std::string& socket) {
    try {
      auto client = spool::QueueClient::reach(socket);
      if (!client) return 3;  // it must be the scheduler who refuses
      return client->status() ? 0 : 1;
    } catch (const Fault&) {
      return 1;
    }
  }

  Fd begin_;
  pid_t child_ = 0;
};

TEST(ControlUsersTest, ItsOwnUserIsRefusedWhereOthersRunAsThatUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become others";
  TempDir dir;
  const std::string socket = dir.path() + "/c";
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  Imapd imapd(socket, kStaunch);
  Control control(socket, {0});
  ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
  FakeKeeper keeper;
  const std::jthread server(
      [&](std::stop_token stop) { serve(stop, control, keeper); });
  EXPECT_FALSE(imapd.is_answered());
  EXPECT_TRUE(spool::QueueClient(socket).status());
}

// What a process of the user says of administrators().
bool is_administrator(const std::string& credentials_db, uid_t user) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool became = ::setuid(user) == 0;
    ::_exit(became && administrators(credentials_db).contains(user) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST(AdministratorsTest, AreRootAndWhoRunsEverythingAlone) {
  TempDir dir;
  const std::string file = dir.path() + "/credentials.db";
  EXPECT_EQ(administrators(file), std::set<uid_t>{0});
  replace_file(file, "", 0600);
  EXPECT_EQ(administrators(file), (std::set<uid_t>{0, ::geteuid()}));
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become others";
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  ASSERT_EQ(::chown(file.c_str(), kStaunch, kStaunch), 0);
  EXPECT_TRUE(is_administrator(file, kStaunch));
  EXPECT_FALSE(is_administrator(file, kStaunch + 1));
}

TEST_F(ControlTest, RefusesWhatItDoesNotUnderstand) {
  FakeKeeper keeper;
  const std::string id = spool::make_id(5);
  for (const std::string& question : std::vector<std::string>{
           "", "\n", "frobnicate\n", "retry\t" + id, "retry\t" + id + " x\n",
           "retry\t" + id + " 99999999999\n", "retry\t" + id + " \n",
           "suspend\tdomain\tx\n", "suspend\tplanet\tx\t5\twhy\n",
           "suspend\tdomain\t\t5\twhy\n", "suspend\tsite\tx\t-5\twhy\n",
           "resume\tsite\n", "resume\tplanet\tx\n", "active\n",
           "active\tx\n"}) {
    EXPECT_TRUE(answer(question, keeper).starts_with("no\t")) << question;
  }
}

}  // namespace
}  // namespace mail::deliver
