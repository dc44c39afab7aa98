// Authd: the parts of the program authd, put together.
//
//   Authd authd(settings);      // in the parent: binds both sockets
//   authd.work(rights, reload)  // in the child, until SIGTERM
//
// The parent keeps the child alive and reads the configuration at SIGHUP,
// which the caged child cannot.  What the child knows (failures, remembered
// logins) stays over a reload.  In the child: two threads and the password pool: one thread answers smtpd and imapd, the
// other one mailctl.  Each has a handle of credentials.db of its own.
#pragma once

#include <string>

#include "base/cage.h"
#include "base/fd.h"
#include "config/settings.h"
#include "directory/auth_service.h"

namespace mail::directory {

AuthOptions auth_options(const config::Settings& settings);

// What the parent sends its child when the settings have changed.
std::string reload_message(const AuthOptions& options);

// Keeps a child alive that works as above, until SIGTERM; `config_file` is
// read again at SIGHUP.
int supervise_authd(const std::string& config_file);

class Authd {
 public:
  explicit Authd(const config::Settings& settings);

  // Closes the cage once everything is open.  `reload`: from where reload
  // messages come.
  int work(const Rights& rights, const Fd& reload);

  // What the next child begins with.
  void change(const AuthOptions& options) { options_ = options; }

  // The same without cage, for tests; ends when `reload` is closed.
  int work(const Fd& reload) { return work_with(nullptr, reload); }

 private:
  int work_with(const Rights* rights, const Fd& reload);

  std::string credentials_db_;
  AuthOptions options_;
  Fd service_;
  Fd control_;
};

}  // namespace mail::directory
