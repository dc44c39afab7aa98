#include "base/local_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fault.h"

namespace mail {
namespace {

constexpr int kBacklog = 256;

}  // namespace

std::optional<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd listen_local(const std::string& path, int type, mode_t mode) {
  const auto address = local_address(path);
  if (!address) throw Fault("the path of a socket is too long: " + path);
  Fd socket(::socket(AF_UNIX, type, 0));
  if (!socket) throw_errno("socket");
  ::unlink(path.c_str());
  const mode_t before = ::umask(0777 & ~mode);
  const int bound =
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&*address),
             sizeof *address);
  ::umask(before);
  if (bound != 0) throw_errno("bind " + path);
  if (::listen(socket.number(), kBacklog) != 0) throw_errno("listen " + path);
  return socket;
}

Fd connect_local(const std::string& path, int type) {
  const auto address = local_address(path);
  if (!address) {
    errno = ENAMETOOLONG;
    return Fd();
  }
  Fd socket(::socket(AF_UNIX, type, 0));
  if (!socket) return Fd();
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&*address),
                sizeof *address) == 0) {
    return socket;
  }
  const int why = errno;
  socket = Fd();
  errno = why;
  return Fd();
}

std::optional<ucred> peer_of(const Fd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size) !=
      0) {
    return {};
  }
  return peer;
}

}  // namespace mail
