// Instance: all daemons of a private instance, kept alive by one parent.
//
//   admin::Instance instance({.config = path, .programs = folder});
//   return instance.run();
//
// Starts authd, queue-runner, smtpd and imapd, logs "ready" when every one
// answers, and restarts what dies with growing pauses.  SIGHUP: the daemons
// read mail.toml and the files it names again, unless there is a mistake in
// one of them.  SIGTERM: all are gone within 5 s.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "config/settings.h"

namespace mail {
class Supervisor;
struct Death;
}

namespace mail::admin {

struct InstanceOptions {
  std::string config;    // the path of mail.toml
  std::string programs;  // the folder the daemons lie in
  std::vector<std::string> more;  // options passed on to every one ("-v")
};

class Instance {
 public:
  // Reads the configuration; becomes the owner of the instance's folder when
  // root; takes the instance's lock.  Exit 75 when it runs already.
  explicit Instance(InstanceOptions options);

  // Until SIGTERM or SIGINT.  The exit code: 78 when a daemon refuses its
  // configuration at start.
  int run();

 private:
  void check_programs() const;
  void take_lock();
  void start_watcher(Supervisor& supervisor);
  bool watch_start() const;
  Result<void> check() const;
  void reload(Supervisor& supervisor) const;
  void judge(Supervisor& supervisor, const Death& death);

  InstanceOptions options_;
  config::Settings settings_;
  std::chrono::steady_clock::time_point started_;
  Fd lock_;
  int watcher_ = 0;
  int code_ = 0;
};

// The services of settings.listen that the daemons of an instance serve.
std::vector<config::Listen> served(const config::Settings& settings);

}  // namespace mail::admin
