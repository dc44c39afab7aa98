#include "net/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/fault.h"
#include "base/local_socket.h"
#include "base/process.h"

namespace mail::net {
namespace {

constexpr int kBacklog = 1024;
constexpr int kFirst = 3;  // sd_listen_fds(3)
constexpr std::string_view kTlsFirst[] = {"submissions", "imaps", "https",
                                          "pop3s"};

constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

Fd open_socket(int family) {
  Fd socket(::socket(family, kType, 0));
  if (!socket) throw_errno("socket");
  return socket;
}

void start(const Fd& socket, const sockaddr* address, socklen_t length,
           const std::string& where) {
  if (::bind(socket.number(), address, length) != 0) {
    throw_errno("bind " + where);
  }
  if (::listen(socket.number(), kBacklog) != 0) throw_errno("listen " + where);
}

void set(const Fd& socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket.number(), level, option, &on, sizeof on);
}

Fd listen_ip(const Endpoint& endpoint) {
  const std::string where =
      endpoint.address + " port " + std::to_string(endpoint.port);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    Fd socket = open_socket(AF_INET);
    set(socket, SOL_SOCKET, SO_REUSEADDR);
    start(socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, where);
    return socket;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) != 1) {
    throw Exit(EX_CONFIG, "not an IP address: " + endpoint.address);
  }
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  Fd socket = open_socket(AF_INET6);
  set(socket, SOL_SOCKET, SO_REUSEADDR);
  set(socket, IPPROTO_IPV6, IPV6_V6ONLY);
  start(socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, where);
  return socket;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at <= text.size() && !text.empty()) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

// What accepted connections inherit.  A client in IDLE says nothing for half
// an hour; one that went away without a word is to be noticed before.  Rarely
// enough that a telephone may sleep.
void set_for_connections(const Fd& socket) {
  const auto set_to = [&](int level, int option, int value) {
    ::setsockopt(socket.number(), level, option, &value, sizeof value);
  };
  set_to(SOL_SOCKET, SO_KEEPALIVE, 1);
  set_to(IPPROTO_TCP, TCP_KEEPIDLE, 300);
  set_to(IPPROTO_TCP, TCP_KEEPINTVL, 60);
  set_to(IPPROTO_TCP, TCP_KEEPCNT, 5);
  set_to(IPPROTO_TCP, TCP_NODELAY, 1);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

bool implicit_tls(std::string_view name) {
  return std::ranges::find(kTlsFirst, name) != std::end(kTlsFirst);
}

Listener listen_at(const Endpoint& endpoint) {
  if (endpoint.address.starts_with('/')) {
    return {endpoint.name, listen_local(endpoint.address, kType, 0660)};
  }
  return {endpoint.name, listen_ip(endpoint)};
}

std::vector<Listener> handed_over() {
  const std::string process = variable("LISTEN_PID");
  const int count = std::atoi(variable("LISTEN_FDS").c_str());
  const auto names = split_names(variable("LISTEN_FDNAMES"));
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    ::unsetenv(name);
  }
  std::vector<Listener> sockets;
  if (process != std::to_string(::getpid())) return sockets;
  for (int n = 0; n < count; ++n) {
    if (static_cast<std::size_t>(n) >= names.size()) {
      throw Exit(EX_CONFIG, "a socket handed over has no name");
    }
    Fd socket(kFirst + n);
    ::fcntl(socket.number(), F_SETFD, FD_CLOEXEC);
    ::fcntl(socket.number(), F_SETFL,
            ::fcntl(socket.number(), F_GETFL) | O_NONBLOCK);
    sockets.push_back({names[static_cast<std::size_t>(n)], std::move(socket)});
  }
  return sockets;
}

std::vector<Listener> listeners(const std::vector<std::string>& known,
                                const std::vector<Endpoint>& endpoints) {
  std::vector<Listener> sockets = handed_over();
  for (const Listener& listener : sockets) {
    if (contains(known, listener.name)) continue;
    throw Exit(EX_CONFIG, "no use for the socket \"" + listener.name + "\"");
  }
  if (sockets.empty()) {
    for (const Endpoint& endpoint : endpoints) {
      if (!contains(known, endpoint.name)) continue;
      sockets.push_back(listen_at(endpoint));
    }
  }
  for (const Listener& one : sockets) set_for_connections(one.socket);
  if (sockets.empty()) throw Exit(EX_CONFIG, "no socket to listen on");
  return sockets;
}

void hand_over(const std::vector<Listener>& sockets) {
  // Out of the way first: a source may lie where another one is to go.
  const int count = static_cast<int>(sockets.size());
  std::vector<Fd> apart;
  std::string names;
  for (const Listener& listener : sockets) {
    apart.emplace_back(
        ::fcntl(listener.socket.number(), F_DUPFD_CLOEXEC, kFirst + count));
    if (!apart.back()) throw_errno("fcntl F_DUPFD_CLOEXEC");
    names += (names.empty() ? "" : ":") + listener.name;
  }
  for (int n = 0; n < count; ++n) {
    // dup2 leaves FD_CLOEXEC off: these survive exec.
    if (::dup2(apart[static_cast<std::size_t>(n)].number(), kFirst + n) < 0) {
      throw_errno("dup2");
    }
  }
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
  ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

std::uint16_t bound_port(const Fd& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address),
                    &length) != 0) {
    throw_errno("getsockname");
  }
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

}  // namespace mail::net
