// QueueSite: a private queue for tests: the scheduler and a real delivery
// worker, each in a process of its own, and a sender that does as the
// addresses tell it (tests/support/scripted_sender.h).
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/file.h"
#include "deliver/announcement.h"
#include "deliver/scheduler.h"
#include "deliver/worker.h"
#include "deliver/worker_death.h"
#include "directory/editor.h"
#include "directory/sqlite_directory.h"
#include "spool/announcer.h"
#include "spool/queue_control.h"
#include "spool/queue_reader.h"
#include "spool/spool.h"
#include "store/accounts.h"
#include "store/administration.h"
#include "tests/support/scripted_sender.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {

inline pid_t spawn(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, 2);
  std::_Exit(body());
}

inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    ::usleep(10'000);
  }
  return false;
}

struct SocketPair {
  SocketPair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours.emplace_back(ends[0]);
    theirs = Fd(ends[1]);
  }
  std::vector<Fd> ours;
  Fd theirs;
};

class QueueSite {
 public:
  QueueSite() {
    settings_.hostname = "mx.example.test";
    settings_.data = dir_.path();
    make_folders(settings_.run_folder(), 0700);
    replace_file(settings_.credentials_db(), "", 0600);  // ours: one user
    spool::make_spool(settings_.spool());
    writer_ = std::make_unique<spool::Writer>(settings_.spool());
    editor_ = std::make_unique<directory::Editor>(settings_.directory_db());
    EXPECT_TRUE(editor_->add_domain("example.test"));
    ann_ = add("ann@example.test");
    bob_ = add("bob@example.test");
  }
  ~QueueSite() { stop(); }

  directory::Account add(const std::string& address) {
    directory::Account wanted;
    wanted.address = address;
    const auto account = editor_->add_account(wanted).value();
    store::make_account(folder(account.id), account.id, {});
    return account;
  }
  std::string folder(std::uint64_t id) const {
    return settings_.data + "/" + directory::account_folder(id);
  }

  void start() {
    ::unlink(settings_.queue_control().c_str());
    workers_ = std::make_unique<SocketPair>();
    senders_ = std::make_unique<SocketPair>();
    parent_ = std::make_unique<SocketPair>();
    pids_.push_back(spawn([this] {
      directory::SqliteDirectory directory(settings_.directory_db(), "+");
      return Scheduler(settings_,
                       {workers_->ours, parent_->theirs, {}, senders_->ours},
                       directory)
          .run();
    }));
    pids_.push_back(spawn([this] {
      return Worker(settings_, {0, 1, workers_->theirs, announcements_}).run();
    }));
    pids_.push_back(spawn([this] { return nurse(); }));
    EXPECT_TRUE(eventually([&] {
      return ::access(settings_.queue_control().c_str(), F_OK) == 0;
    }));
  }
  // Keeps a sender alive, and tells of its deaths as the parent does.
  int nurse() {
    while (true) {
      const pid_t pid = spawn([this] {
        return run_scripted_sender(senders_->theirs, dir_.path() + "/sent");
      });
      int status = 0;
      ::waitpid(pid, &status, 0);
      const std::string packet =
          to_packet(WorkerDeath{1, WTERMSIG(status), ""});
      ::send(parent_->ours[0].number(), packet.data(), packet.size(), 0);
    }
  }
  void stop() {
    // The scheduler first: it lets the others end what they have.
    for (const pid_t pid : pids_) {
      ::kill(pid, pid == pids_.back() ? SIGKILL : SIGTERM);
      ::waitpid(pid, nullptr, 0);
    }
    pids_.clear();
  }

  std::string put(const std::string& sender, std::vector<std::string> to) {
    spool::Envelope envelope;
    envelope.arrived = wall_time();
    envelope.sender = sender;
    for (auto& one : to) envelope.recipients.push_back({one, "", ""});
    const auto draft = writer_->create(wall_time(), 0);
    draft->write("Subject: x\r\n\r\nhello\r\n");
    draft->commit(envelope);
    return draft->id();
  }
  std::int64_t inbox(const directory::Account& account) {
    store::AccountsOptions options;
    options.folder = [this](std::uint64_t id) { return folder(id); };
    store::Accounts accounts(options);
    return accounts.open(account.id)->mailbox("INBOX")->messages;
  }
  bool empty(const std::string& shelf) const {
    for (const char shard : std::string("0123456789abcdef")) {
      const auto path = settings_.spool() + "/" + shelf + "/" + shard;
      if (!list_folder(path).empty()) return false;
    }
    return true;
  }
  bool lies_in(const std::string& shelf, const std::string& id) const {
    const bool flat = shelf == "hold" || shelf == "corrupt";
    const auto shard = flat ? "" : std::string(1, spool::shard(id)) + "/";
    const auto path = settings_.spool() + "/" + shelf + "/" + shard + id;
    return ::access(path.c_str(), F_OK) == 0;
  }
  // How often something has gone to that address.
  std::ptrdiff_t sent(const std::string& address) const {
    const auto log = read_file(dir_.path() + "/sent").value_or("");
    std::ptrdiff_t count = 0;
    for (auto at = log.find(address + "\n"); at != log.npos;
         at = log.find(address + "\n", at + 1)) {
      ++count;
    }
    return count;
  }
  // Whether it rests in the queue.
  bool deferred(const std::string& id) const {
    return lies_in("deferred", id);
  }
  spool::QueueClient queue() const {
    return spool::QueueClient(settings_.queue_control());
  }
  // The row of it in queue.db; no recipients when there is none.
  spool::QueueMessage stored(const std::string& id) const {
    spool::QueueReader reader(settings_.queue_db());
    return reader.show(id).value_or(spool::QueueMessage{});
  }

  TempDir dir_;
  config::Settings settings_;
  std::unique_ptr<directory::Editor> editor_;
  directory::Account ann_;
  directory::Account bob_;
  std::unique_ptr<spool::Writer> writer_;
  Announcements announcements_{1};
  std::unique_ptr<SocketPair> workers_;
  std::unique_ptr<SocketPair> senders_;
  std::unique_ptr<SocketPair> parent_;
  std::vector<pid_t> pids_;
};

}  // namespace mail::deliver
