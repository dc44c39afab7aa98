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

// What an account has left is waited for so long: then the message is taken,
// and delivery finds out.  Nobody asks for a while then: a queue-runner that
// hangs, or has too much to do, must not hold every RCPT back.
constexpr Micros kLook = 300 * kMillisecond;
constexpr Micros kSilence = kSecond;
constexpr Micros kGlance = 10 * kMillisecond;
constexpr std::size_t kMostRooms = 10'000;

// Nothing when the scheduler is not there, or too busy to take us (EAGAIN).
// Never a Fault: the message that is announced is on the disk already.
Fd connect_to(const std::string& path) {
  return connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

}  // namespace

Announcer::Announcer(std::string socket_path, Micros fresh)
    : path_(std::move(socket_path)),
      fresh_(fresh),
      buffer_(kMaxPacket, '\0') {}

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
  std::unique_lock lock(socket_lock_);
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
    wait_for(POLLOUT, lock, left);
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
      // Else by another worker.
      if (asked != rooms_.end()) asked->second.octets = octets;
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

void Announcer::ask(std::uint64_t account) {
  rooms_[account] = {{}, steady_time()};
  if (!connected()) return;
  // Never waited for: without an answer all goes on.
  const std::string packet = look_packet(account);
  (void)::send(socket_.number(), packet.data(), packet.size(),
               MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Others may use the socket, and close it, meanwhile: so a copy of it is
// looked at.
void Announcer::wait_for(short event, std::unique_lock<std::mutex>& lock,
                         Micros at_most) {
  const Fd copy(::fcntl(socket_.number(), F_DUPFD_CLOEXEC, 0));
  lock.unlock();
  pollfd ready{copy.number(), event, 0};
  ::poll(&ready, 1, static_cast<int>(at_most / kMillisecond) + 1);
  lock.lock();
}

std::optional<std::int64_t> Announcer::room(std::uint64_t account) {
  std::unique_lock lock(socket_lock_);
  // Before the question: who was idle finds what was true long ago.
  hear();
  if (rooms_.size() >= kMostRooms) rooms_.clear();
  const Micros now = steady_time();
  Room known = rooms_[account];
  if (known.asked == 0 || now - known.asked >= fresh_) {
    if (now < ask_again_) return std::nullopt;
    ask(account);
    known = rooms_[account];
  }
  while (!known.octets && connected()) {
    const Micros end = known.asked + kLook;
    const Micros left = end - steady_time();
    if (left <= 0) {
      ask_again_ = std::max(ask_again_, end + kSilence);
      return std::nullopt;
    }
    wait_for(POLLIN, lock, std::min(left, kGlance));
    hear();
    known = rooms_[account];
  }
  return known.octets;
}

}  // namespace mail::spool
