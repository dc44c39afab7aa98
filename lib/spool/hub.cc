#include "spool/hub.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fault.h"
#include "base/local_socket.h"
#include "base/log.h"

namespace mail::spool {
namespace {

// Of one worker at a time, so that none starves the others.
constexpr int kPacketsAtOnce = 64;

// Changes kept for a worker that does not read.
constexpr std::size_t kBacklog = 1000;

bool welcome(const Fd& socket, const std::vector<uid_t>& allowed) {
  const auto who = peer_of(socket);
  if (!who) return false;
  return who->uid == 0 || who->uid == ::geteuid() ||
         std::ranges::find(allowed, who->uid) != allowed.end();
}

bool send_packet(const Fd& socket, std::string_view packet) {
  return ::send(socket.number(), packet.data(), packet.size(),
                MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace

Hub::Hub(const std::string& path, std::vector<uid_t> allowed)
    // Who of the folder's group may connect is decided by peer_of().
    : Hub(listen_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC, 0660),
          std::move(allowed)) {}

Hub::Hub(Fd listener, std::vector<uid_t> allowed)
    : listener_(std::move(listener)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      allowed_(std::move(allowed)),
      buffer_(kMaxPacket, '\0') {
  if (!epoll_) throw_errno("epoll_create1");
  if (::fcntl(listener_.number(), F_SETFL, O_NONBLOCK) != 0) {
    throw_errno("fcntl");
  }
  watch(listener_.number(), false, EPOLL_CTL_ADD);
}

void Hub::watch(int number, bool writable, int operation) {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0u);
  event.data.fd = number;
  if (::epoll_ctl(epoll_.number(), operation, number, &event) != 0) {
    throw_errno("epoll_ctl");
  }
}

Hub::News Hub::take() {
  News news;
  std::array<epoll_event, 32> events;
  const int count = ::epoll_wait(epoll_.number(), events.data(),
                                 static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == listener_.number()) {
      accept_all(news);
      continue;
    }
    const auto worker = workers_.find(event.data.fd);
    if (worker == workers_.end()) continue;
    if (event.events & EPOLLOUT) drain(worker->second);
    if (!read(worker->second, news)) workers_.erase(worker);
  }
  return news;
}

void Hub::accept_all(News& news) {
  while (true) {
    Fd socket(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    if (!welcome(socket, allowed_)) {
      log_warn("scheduler-refused-client");
      return;
    }
    const int number = socket.number();
    watch(number, false, EPOLL_CTL_ADD);
    Worker& worker = workers_[number] = {std::move(socket), {}};
    news.connected = true;
    for (auto& packet : closure_packets(closures_)) {
      tell(worker, std::move(packet));
    }
  }
}

bool Hub::read(Worker& worker, News& news) {
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const ssize_t n = ::recv(worker.socket.number(), buffer_.data(),
                             buffer_.size(), MSG_DONTWAIT);
    // A worker that left without reading what we said: the kernel tells the
    // error first, and what the worker said last after it.
    if (n < 0 && errno == ECONNRESET) continue;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    const auto packet =
        std::string_view(buffer_).substr(0, static_cast<std::size_t>(n));
    if (const auto account = parse_look(packet)) {
      news.looks.push_back(*account);
      continue;
    }
    auto ids = parse_accepted(packet);
    if (!ids) {
      log_warn("scheduler-bad-packet", {{"reason", ids.error().why}});
      return false;
    }
    std::ranges::move(*ids, std::back_inserter(news.ids));
  }
  return true;
}

void Hub::tell_all(std::string_view verb, std::string_view value) {
  for (auto& [number, worker] : workers_) {
    tell(worker, change_packet(verb, value));
  }
}

void Hub::tell(Worker& worker, std::string packet) {
  if (worker.backlog.empty() && send_packet(worker.socket, packet)) return;
  if (worker.backlog.empty()) {
    watch(worker.socket.number(), true, EPOLL_CTL_MOD);
  }
  worker.backlog.push_back(std::move(packet));
  if (worker.backlog.size() <= kBacklog) return;
  // One that is so far behind is told the state instead of the changes.
  const auto packets = closure_packets(closures_);
  worker.backlog.assign(packets.begin(), packets.end());
}

void Hub::drain(Worker& worker) {
  while (!worker.backlog.empty()) {
    if (!send_packet(worker.socket, worker.backlog.front())) return;
    worker.backlog.pop_front();
  }
  watch(worker.socket.number(), false, EPOLL_CTL_MOD);
}

void Hub::close_account(std::uint64_t account) {
  if (!closures_.full.insert(account).second) return;
  tell_all("full", std::to_string(account));
}

void Hub::open_account(std::uint64_t account) {
  if (closures_.full.erase(account)) tell_all("room", std::to_string(account));
}

void Hub::tell_room(std::uint64_t account, std::int64_t octets) {
  tell_all("left", std::to_string(account) + " " + std::to_string(octets));
}

void Hub::suspend(std::string_view domain) {
  if (!closures_.suspended.emplace(domain).second) return;
  tell_all("suspended", domain);
}

void Hub::resume(std::string_view domain) {
  const auto found = closures_.suspended.find(domain);
  if (found == closures_.suspended.end()) return;
  closures_.suspended.erase(found);
  tell_all("resumed", domain);
}

}  // namespace mail::spool
