// QueueSite: a private queue for tests: the scheduler and a real delivery
// worker, each in a process of its own, and a sender that does as the
// addresses tell it (tests/support/scripted_sender.h).
#pragma once

#include <sys/wait.h>

#include "deliver/announcement.h"
#include "deliver/scheduler.h"
#include "deliver/worker.h"
#include "deliver/worker_death.h"
#include "tests/support/queue_house.h"
#include "tests/support/scripted_sender.h"

namespace mail::deliver {

class QueueSite : public QueueHouse {
 public:
  virtual ~QueueSite() { stop(); }

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
      return spool::QueueClient::reach(settings_.queue_control()).has_value();
    }));
  }
  // What the sender's process does.
  virtual int sender() {
    return run_scripted_sender(senders_->theirs, dir_.path() + "/sent");
  }
  // Keeps a sender alive, and tells of its deaths as the parent does.
  int nurse() {
    while (true) {
      const pid_t pid = spawn([this] { return sender(); });
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
  bool deferred(const std::string& id) const { return lies_in("deferred", id); }
  // The row of it in queue.db; no recipients when there is none.
  spool::QueueMessage stored(const std::string& id) const {
    spool::QueueReader reader(settings_.queue_db());
    return reader.show(id).value_or(spool::QueueMessage{});
  }

  Announcements announcements_{2};
  std::unique_ptr<SocketPair> workers_;
  std::unique_ptr<SocketPair> senders_;
  std::unique_ptr<SocketPair> parent_;
  std::vector<pid_t> pids_;
};

}  // namespace mail::deliver
