#include "spool/announcer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/local_socket.h"
#include "base/log.h"

namespace mail::spool {
namespace {

constexpr Micros kRetry = kSecond;      // between attempts to connect
constexpr Micros kPatience = kSecond;   // for a full socket

// What an account has left is known for so long, and waited for so long:
// then the message is taken, and delivery finds out.
constexpr Micros kFresh = 5 * kSecond;
constexpr Micros kLook = 300 * kMillisecond;
constexpr Micros kGlance = 10 * kMillisecond;
constexpr std::size_t kMostRooms = 10'000;

// Nothing when the scheduler is not there, or too busy to take us (EAGAIN).
// Never a Fault: the message that is announced is on the disk already.
Fd connect_to(const std::string& path) {
  return connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

}  // namespace

Announcer::Announcer(std::string socket_path)
    : path_(std::move(socket_path)), buffer_(kMaxPacket, '\0') {}

void Announcer::announce(const std::string& id) {
  std::unique_lock lock(turn_);
  waiting_.push_back(id);
  const std::uint64_t ticket = ++taken_;
  // One of those who wait sends for all of them.
  while (done_ < ticket) {
    if (sending_) {
      sent_.wait(lock);
      continue;
    }
    sending_ = true;
    const std::vector<std::string> ids = std::move(waiting_);
    waiting_.clear();
    lock.unlock();
    send(ids);
    lock.lock();
    done_ += ids.size();
    sending_ = false;
    sent_.notify_all();
  }
}

void Announcer::send(const std::vector<std::string>& ids) {
  const std::lock_guard lock(socket_lock_);
  const std::string packet = accepted_packet(ids);
  const Micros give_up = steady_time() + kPatience;
  while (connected()) {
    const ssize_t n = ::send(socket_.number(), packet.data(), packet.size(),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      disconnect();
      return;
    }
    const Micros left = give_up - steady_time();
    if (left <= 0) {
      log_warn("scheduler-slow", {{"dropped", ids.size()}});
      return;
    }
    pollfd ready{socket_.number(), POLLOUT, 0};
    ::poll(&ready, 1, static_cast<int>(left / kMillisecond) + 1);
  }
}

bool Announcer::connected() {
  if (socket_) return true;
  const Micros now = steady_time();
  if (now < next_try_) return false;
  next_try_ = now + kRetry;
  socket_ = connect_to(path_);
  return static_cast<bool>(socket_);
}

void Announcer::disconnect() {
  log_debug("scheduler-away");
  socket_.close();
  closures_ = {};
}

void Announcer::hear() {
  while (connected()) {
    const ssize_t n = ::recv(socket_.number(), buffer_.data(), buffer_.size(),
                             MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    const auto size = static_cast<std::size_t>(n);
    if (n <= 0 || !closures_.apply(std::string_view(buffer_).substr(0, size))) {
      disconnect();
      return;
    }
    for (const auto& [account, octets] : std::exchange(closures_.left, {})) {
      const auto asked = rooms_.find(account);
      if (asked == rooms_.end()) continue;  // by another worker
      asked->second.octets = octets;
      asked->second.told = steady_time();
    }
  }
}

bool Announcer::is_full(std::uint64_t account) {
  const std::lock_guard lock(socket_lock_);
  hear();
  return closures_.full.contains(account);
}

bool Announcer::is_suspended(std::string_view domain) {
  const std::lock_guard lock(socket_lock_);
  hear();
  return closures_.suspended.contains(domain);
}

void Announcer::ask(std::uint64_t account, Room& room) {
  const std::string packet = look_packet(account);
  room.asked = steady_time();
  if (!connected()) return;
  // Never waited for: without an answer all goes on.
  (void)::send(socket_.number(), packet.data(), packet.size(),
               MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Others may hear, and close the socket, meanwhile: so a copy of it is looked
// at, and not for long.
void Announcer::wait_for_news(std::unique_lock<std::mutex>& lock,
                              Micros at_most) {
  const Fd copy(::fcntl(socket_.number(), F_DUPFD_CLOEXEC, 0));
  lock.unlock();
  pollfd ready{copy.number(), POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(at_most / kMillisecond) + 1);
  lock.lock();
  hear();
}

std::optional<std::int64_t> Announcer::room(std::uint64_t account) {
  std::unique_lock lock(socket_lock_);
  hear();
  const Micros start = steady_time();
  if (rooms_.size() >= kMostRooms) {
    std::erase_if(rooms_, [&](const auto& known) {
      return start - known.second.asked > kFresh;
    });
  }
  Room known = rooms_[account];
  if (known.told > 0 && start - known.told < kFresh) return known.octets;
  if (start - known.asked >= kFresh) ask(account, rooms_[account]);
  while (true) {
    known = rooms_[account];
    if (known.told >= known.asked) return known.octets;
    const Micros left = known.asked + kLook - steady_time();
    if (left <= 0 || !connected()) return std::nullopt;
    wait_for_news(lock, std::min(left, kGlance));
  }
}

}  // namespace mail::spool
