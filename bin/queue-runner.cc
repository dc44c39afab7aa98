// queue-runner - delivers what is in the spool.
//
//   reads     mail.toml; spool; directory.db
//   writes    queue.db; the spool; accounts; log lines to standard error
//   runs as   the user staunch
//   trusts    nothing in the spool; no answer of its own workers either
//   promises  each message accepted is in its mailbox exactly once, or its
//             sender is told; whatever dies
//   on fault  a role is started again; what it had is repeated
//
// A parent, one scheduler (the only writer of queue.db), delivery workers and
// senders, each in a cage of its own.  An account always goes to the same
// worker; senders bring mail to other servers.
// See queue-runner(8) for the options and mail(7) for where it stands.

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/cage_roles.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/process.h"
#include "base/supervisor.h"
#include "config/load.h"
#include "deliver/announcement.h"
#include "deliver/scheduler.h"
#include "deliver/sender.h"
#include "deliver/worker.h"
#include "deliver/worker_death.h"
#include "directory/sqlite_directory.h"
#include "dns/make_resolver.h"
#include "relay/passwords.h"
#include "spool/spool.h"

namespace {

using mail::Fd;

// Both ends stay open in the parent: what is started again gets the same.
struct Pair {
  std::vector<Fd> ours;    // the scheduler's
  std::vector<Fd> theirs;  // the workers', or the parent's

  void add() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      mail::throw_errno("socketpair");
    }
    ours.emplace_back(ends[0]);
    theirs.emplace_back(ends[1]);
  }
};

std::vector<uid_t> smtpd_users() {
  const passwd* user = ::getpwnam("staunch-smtp");
  return user ? std::vector<uid_t>{user->pw_uid} : std::vector<uid_t>{};
}

std::size_t worker_count(const mail::config::Settings& settings) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto wanted = static_cast<std::size_t>(settings.workers);
  return std::clamp<std::size_t>(wanted ? wanted : cores, 1, 8);
}

mail::deliver::Sender::Files read_files(
    const mail::config::Settings& settings) {
  auto passwords = mail::relay::Passwords::load(settings);
  auto records = mail::dns::read_records(settings.dns_records);
  if (!records) throw mail::Exit(EX_CONFIG, records.error().why);
  return {std::move(passwords), std::move(*records)};
}

class Runner {
 public:
  explicit Runner(std::string config_file)
      : config_file_(std::move(config_file)),
        settings_(mail::config::load(config_file_)),
        files_(read_files(settings_)),
        count_(worker_count(settings_)),
        sender_count_(static_cast<std::size_t>(settings_.senders)),
        announcements_(count_ + sender_count_) {
    for (std::size_t i = 0; i < count_; ++i) workers_.add();
    for (std::size_t i = 0; i < sender_count_; ++i) senders_.add();
    parent_.add();
  }

  int run() {
    supervisor_.add({.name = "scheduler",
                     .prepare = {},
                     .run = [this] { return scheduler(); },
                     .argv = {}});
    for (std::size_t i = 0; i < count_; ++i) {
      const int child =
          supervisor_.add({.name = "delivery " + std::to_string(i),
                           .prepare = {},
                           .run = [this, i] { return worker(i); },
                           .argv = {}});
      worker_of_[child] = i;
    }
    for (std::size_t i = 0; i < sender_count_; ++i) {
      const int child =
          supervisor_.add({.name = "sender " + std::to_string(i),
                           .prepare = {},
                           .run = [this, i] { return sender(i); },
                           .argv = {}});
      worker_of_[child] = count_ + i;
    }
    supervisor_.on_death([this](const mail::Death& death) { tell(death); });
    supervisor_.on_hangup([this] { reload(); });
    return supervisor_.run();
  }

 private:
  int scheduler() {
    files_.passwords.forget();
    return guard("scheduler", [&] {
      mail::directory::SqliteDirectory directory(
          settings_.directory_db(), settings_.subaddress_separator);
      mail::deliver::Scheduler scheduler(
          settings_,
          {workers_.ours, parent_.ours.front(), smtpd_users(), senders_.ours},
          directory);
      mail::close_cage(mail::scheduler_rights(settings_.data));
      return scheduler.run();
    });
  }

  int worker(std::size_t number) {
    files_.passwords.forget();
    return guard("delivery", [&] {
      mail::deliver::Worker worker(
          settings_,
          {number, count_, workers_.theirs[number], announcements_});
      mail::close_cage(mail::delivery_rights(settings_.data));
      return worker.run();
    });
  }

  // Leaves at once: its threads may wait for servers.
  int sender(std::size_t number) {
    return guard("sender", [&] {
      mail::deliver::Sender sender(
          settings_, files_,
          {count_ + number, senders_.theirs[number], announcements_});
      mail::close_cage(mail::sender_rights());
      ::_exit(sender.run());
      return 0;
    });
  }

  // An exception is a Fault of the machine, no sign against a message.
  template <class Body>
  int guard(const char* role, Body body) {
    try {
      return body();
    } catch (const std::exception& fault) {
      mail::log_error("role-failed",
                      {{"role", role}, {"reason", fault.what()}});
      return 75;
    }
  }

  // The roles hold nothing that a restart would lose.  The number of workers
  // stays, since it decides which of them owns an account; that of senders,
  // since their sockets are made.
  void reload() {
    try {
      auto settings = mail::config::load_again(config_file_, settings_);
      files_ = read_files(settings);
      settings_ = std::move(settings);
    } catch (const mail::Exit& exit) {
      mail::log_error("reload-failed", {{"reason", exit.why()}});
      return;
    } catch (const std::exception& fault) {
      mail::log_error("reload-failed", {{"reason", fault.what()}});
      return;
    }
    supervisor_.renew_all();
    mail::log_info("reloaded");
  }

  void tell(const mail::Death& death) {
    const auto found = worker_of_.find(death.child);
    if (found == worker_of_.end()) return;
    const std::string packet = to_packet(mail::deliver::WorkerDeath{
        found->second, death.signal, announcements_.take(found->second)});
    ::send(parent_.theirs.front().number(), packet.data(), packet.size(),
           MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  std::string config_file_;
  mail::config::Settings settings_;
  mail::deliver::Sender::Files files_;  // for senders started later too
  std::size_t count_;         // delivery workers
  std::size_t sender_count_;
  mail::deliver::Announcements announcements_;
  Pair workers_;
  Pair senders_;
  Pair parent_;
  std::map<int, std::size_t> worker_of_;  // senders count on
  mail::Supervisor supervisor_;
};

int run(int argc, char** argv) {
  mail::Options options("queue-runner", "delivers what is in the spool");
  options.parse(argc, argv);
  mail::make_undumpable();
  ::umask(0077);
  const auto settings = mail::config::load(options.config_file());
  const mail::Metrics metrics(settings.run_folder(), "queue-runner");
  Runner runner(options.config_file());
  return runner.run();
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
