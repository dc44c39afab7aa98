#include "admin/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "base/local_socket.h"

namespace mail::admin {
namespace {

// An address of any family, as the calls want it.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Address unix_address(const std::string& path) {
  Address address;
  const auto name = local_address(path);
  if (!name) return address;
  std::memcpy(&address.storage, &*name, sizeof *name);
  address.size = sizeof *name;
  return address;
}

Address address_of(const config::Listen& service) {
  if (service.address.starts_with('/')) return unix_address(service.address);
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET, service.address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(service.port);
    std::memcpy(&address.storage, &four, address.size = sizeof four);
  } else if (inet_pton(AF_INET6, service.address.c_str(), &six.sin6_addr) ==
             1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(service.port);
    std::memcpy(&address.storage, &six, address.size = sizeof six);
  }
  return address;
}

bool connects(const Fd& socket, const Address& address,
              std::chrono::milliseconds at_most) {
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.number(), name, address.size) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd file{socket.number(), POLLOUT, 0};
  if (::poll(&file, 1, static_cast<int>(at_most.count())) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

bool greets(const std::string& name) {
  for (const char* speaker :
       {"smtp", "submission", "lmtp", "imap", "pop3", "managesieve"}) {
    if (name == speaker) return true;
  }
  return false;
}

}  // namespace

bool answers(const config::Listen& service,
             std::chrono::milliseconds at_most) {
  const Address address = address_of(service);
  if (address.size == 0) return false;
  const Fd socket(::socket(address.storage.ss_family,
                           SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket || !connects(socket, address, at_most)) return false;
  if (!greets(service.name)) return true;
  pollfd file{socket.number(), POLLIN, 0};
  if (::poll(&file, 1, static_cast<int>(at_most.count())) != 1) return false;
  char byte = 0;
  return ::recv(socket.number(), &byte, 1, 0) == 1;
}

bool anybody_at(const std::string& path) {
  for (const int type : {SOCK_SEQPACKET, SOCK_STREAM}) {
    if (connect_local(path, type | SOCK_CLOEXEC | SOCK_NONBLOCK)) return true;
    if (errno == EAGAIN) return true;  // there, with a full backlog
  }
  return false;
}

}  // namespace mail::admin
