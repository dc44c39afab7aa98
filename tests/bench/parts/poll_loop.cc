#include "tests/bench/poll_loop.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fault.h"

namespace mail::bench {

PollLoop::PollLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw_errno("epoll_create1");
}

void PollLoop::watch(int fd, Ready& who) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = &who;
  if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw_errno("epoll_ctl");
  }
}

void PollLoop::run_until(const std::function<bool()>& done, Micros at_most) {
  const Micros give_up = steady_time() + at_most;
  while (!done()) {
    epoll_event events[64];
    const int n = epoll_wait(epoll_.number(), events, 64, 100);
    for (int i = 0; i < n; ++i) {
      static_cast<Ready*>(events[i].data.ptr)->ready();
    }
    retired_.clear();
    if (steady_time() > give_up) throw Fault("the server took too long");
  }
}

Fd connect_to(int port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.number(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    throw_errno("connect");
  }
  const int on = 1;
  setsockopt(fd.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void set_nonblocking(int fd) {
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
    throw_errno("fcntl");
  }
}

std::string numbered(const std::string& pattern, int number) {
  const auto at = pattern.find("%d");
  if (at == pattern.npos) return pattern;
  return pattern.substr(0, at) + std::to_string(number) +
         pattern.substr(at + 2);
}

}  // namespace mail::bench
