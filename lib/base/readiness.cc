#include "base/readiness.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/local_socket.h"
#include "base/log.h"

namespace mail {
namespace {

constexpr const char* kVariable = "NOTIFY_SOCKET";

// How long the address is: the name of an abstract socket ends with it.
socklen_t length_of(const std::string& name) {
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

void tell(const std::string& words) {
  const char* const name = std::getenv(kVariable);
  if (!name || (*name != '/' && *name != '@')) return;
  auto address = local_address(name);
  if (!address) return;
  if (*name == '@') address->sun_path[0] = '\0';  // unix(7): abstract
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto sent =
      ::sendto(socket.number(), words.data(), words.size(),
               MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&*address), length_of(name));
  if (sent < 0) log_debug("not-notified", {{"words", words}});
}

}  // namespace

void tell_ready() { tell("READY=1"); }

void tell_reloading() {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(steady_time()));
}

void tell_stopping() { tell("STOPPING=1"); }

void keep_readiness_to_ourselves() { ::unsetenv(kVariable); }

}  // namespace mail
