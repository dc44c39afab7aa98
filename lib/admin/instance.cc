#include "admin/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "admin/named_files.h"
#include "admin/owner.h"
#include "admin/probe.h"
#include "base/attempt.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/readiness.h"
#include "base/supervisor.h"
#include "config/load.h"

namespace mail::admin {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// In the order of need; each does without the others, for a while.
constexpr std::array kDaemons = {"authd", "queue-runner", "smtpd", "imapd"};

constexpr std::array<std::string_view, 6> kServed = {
    "smtp", "submission", "submissions", "lmtp", "imap", "imaps"};

constexpr auto kPatience = std::chrono::seconds(30);
constexpr auto kBetweenTries = milliseconds(10);

// Waits for one thing after the other; false when time runs out.
template <class Question>
bool wait_until(Clock::time_point last, Question holds) {
  while (!holds()) {
    if (Clock::now() >= last) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return true;
}

}  // namespace

std::vector<config::Listen> served(const config::Settings& settings) {
  std::vector<config::Listen> services;
  for (const config::Listen& listen : settings.listen) {
    if (std::ranges::find(kServed, listen.name) != kServed.end()) {
      services.push_back(listen);
    }
  }
  return services;
}

Instance::Instance(InstanceOptions options)
    : options_(std::move(options)), started_(Clock::now()) {
  options_.config = std::filesystem::absolute(options_.config).string();
  become_owner_unless_root(options_.config);
  settings_ = config::load(options_.config);
  become_owner(settings_.data);
  // What is wrong is said before anything starts.
  if (const auto good = check(); !good) throw Exit(EX_CONFIG, good.error().why);
  ::umask(0077);
  if (::chdir("/") != 0) throw_errno("chdir /");
  check_programs();
  make_folders(settings_.run_folder(), 0700);
  take_lock();
}

void Instance::check_programs() const {
  for (const char* daemon : kDaemons) {
    const std::string path = options_.programs + "/" + daemon;
    if (::access(path.c_str(), X_OK) == 0) continue;
    const User user{{}, ::geteuid(), ::getegid()};
    const auto closed = barrier(path, user);
    throw Exit(EX_UNAVAILABLE,
               path + (closed ? ": the user of the instance cannot pass " +
                                    *closed
                              : ": no such program"));
  }
}

void Instance::take_lock() {
  const std::string path = settings_.run_folder() + "/maild.lock";
  lock_ = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (::flock(lock_.number(), LOCK_EX | LOCK_NB) != 0) {
    throw Exit(EX_TEMPFAIL, settings_.data + ": runs already");
  }
}

int Instance::run() {
  // The daemons bind their own sockets here; what a service manager gave
  // maild is not for them.
  for (const char* name : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"}) {
    ::unsetenv(name);
  }
  Supervisor supervisor;
  supervisor.ready_later();
  start_watcher(supervisor);
  for (const char* daemon : kDaemons) {
    Supervisor::Child child;
    child.name = daemon;
    // Control-C in a terminal reaches maild alone, which ends them in order.
    child.run = [] {
      keep_readiness_to_ourselves();
      return ::setpgid(0, 0) == 0 ? 0 : EX_OSERR;
    };
    child.argv = {options_.programs + "/" + daemon, "-c", options_.config};
    child.argv.insert(child.argv.end(), options_.more.begin(),
                      options_.more.end());
    supervisor.add(std::move(child));
  }
  supervisor.on_hangup([&] { reload(supervisor); });
  supervisor.on_death([&](const Death& death) { judge(supervisor, death); });
  // Daemons end their own workers within 5 s; leave them the time to say so.
  supervisor.grace(milliseconds(5500));
  supervisor.run();
  log_info("stopped", {{"program", "maild"}});
  return code_;
}

// A process of its own, because the parent does nothing but supervise.
void Instance::start_watcher(Supervisor& supervisor) {
  watcher_ = supervisor.add({.name = "maild",
                             .prepare = {},
                             .run = [this] { return watch_start() ? 0 : 1; },
                             .argv = {},
                             .once = true});
}

bool Instance::watch_start() const {
  const auto last = started_ + kPatience;
  std::string silent;
  const auto check = [&](const std::string& name, auto question) {
    if (!wait_until(last, question)) {
      silent += (silent.empty() ? "" : ",") + name;
    }
  };
  for (const config::Listen& service : served(settings_)) {
    check(service.name, [&] { return answers(service, milliseconds(1000)); });
  }
  check("authd", [&] { return anybody_at(settings_.authd_socket()); });
  check("queue-runner",
        [&] { return anybody_at(settings_.scheduler_socket()); });
  const std::chrono::duration<double> taken = Clock::now() - started_;
  if (silent.empty()) {
    log_info("ready", {{"program", "maild"}, {"seconds", taken.count()}});
  } else {
    log_error("not-ready", {{"program", "maild"}, {"silent", silent}});
  }
  return silent.empty();
}

// Of the configuration, and of the files it names.
Result<void> Instance::check() const {
  const auto settings = config::load_if_good(options_.config);
  if (!settings) return std::unexpected(settings.error());
  const auto mistakes = mistakes_in_files(*settings, options_.config);
  if (mistakes.empty()) return {};
  return refuse(config::report(options_.config, mistakes));
}

void Instance::reload(Supervisor& supervisor) const {
  Result<void> good;
  const auto done = attempt([&] { good = check(); });
  if (!done || !good) {
    log_error("reload-refused",
              {{"why", done ? good.error().why : done.error().why}});
    return;
  }
  log_info("reload", {{"program", "maild"}});
  supervisor.send_all(SIGHUP);
}

// A daemon that cannot use its configuration will not be able to a second
// later: better one clear end than a row of restarts.
void Instance::judge(Supervisor& supervisor, const Death& death) {
  if (death.child == watcher_) {
    if (death.signal == 0 && death.code == 0) tell_ready();
    return;
  }
  if (death.signal != 0 || death.code != EX_CONFIG) return;
  if (Clock::now() - started_ > kPatience) return;
  code_ = EX_CONFIG;
  supervisor.stop();
}

}  // namespace mail::admin
