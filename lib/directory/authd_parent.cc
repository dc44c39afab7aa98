// The parent of authd: reads no peer, keeps the child alive.
#include <sys/socket.h>

#include <filesystem>

#include "base/attempt.h"
#include "base/cage_roles.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/supervisor.h"
#include "config/load.h"
#include "directory/authd.h"

namespace mail::directory {
namespace {

// What goes from parent to child: one end each.
struct Pipe {
  Fd parent;
  Fd child;

  void renew() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
      throw_errno("socketpair");
    }
    parent = Fd(pair[0]);
    child = Fd(pair[1]);
  }
};

// The settings as they are now; nothing, with a line in the log, when the
// file has mistakes: then the old ones go on.
std::optional<config::Settings> reread(const std::string& file) {
  std::optional<Result<config::Settings>> settings;
  const auto read = attempt([&] { settings = config::load_if_good(file); });
  if (read && *settings) return **settings;
  log_error("reload-refused",
            {{"why", read ? settings->error().why : read.error().why}});
  return std::nullopt;
}

// A new machine's, or one that was lost: every login is refused from now on.
void tell_if_empty(const std::string& credentials) {
  std::error_code none;
  const auto size = std::filesystem::file_size(credentials, none);
  if (none || size == 0) log_warn("credentials-empty", {{"file", credentials}});
}

}  // namespace

int supervise_authd(const std::string& config_file) {
  const config::Settings settings = config::load(config_file);
  const Metrics metrics(settings.run_folder(), "authd");
  tell_if_empty(settings.credentials_db());
  Authd authd(settings);
  Pipe pipe;
  Supervisor supervisor;
  const Supervisor::Child child{
      .name = "authd",
      .prepare = [&] { pipe.renew(); },
      .run =
          [&] {
            pipe.parent.close();
            return authd.work(authd_rights(settings.data), pipe.child);
          },
      .argv = {}};
  const int number = supervisor.add(child);
  supervisor.on_hangup([&] {
    const auto changed = reread(config_file);
    if (!changed) return;
    authd.change(auth_options(*changed));
    if (supervisor.pid(number) == 0) return;  // the next one has them
    const std::string message = reload_message(auth_options(*changed));
    ::send(pipe.parent.number(), message.data(), message.size(),
           MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  return supervisor.run();
}

}  // namespace mail::directory
