#include "sasl/link.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "base/local_socket.h"

namespace mail::sasl {
namespace {

// Waits for bytes; false at the deadline.
bool readable(int socket, Link::Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - Link::Clock::now());
  if (left.count() <= 0) return false;
  pollfd poll{socket, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(left.count()) + 1) > 0;
}

}  // namespace

std::optional<Fd> connect_to_authd(const std::string& path) {
  Fd socket = connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC);
  if (socket) return socket;
  if (errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN) return {};
  throw_errno("connect to " + path);
}

std::optional<Link::Reply> Link::ask(
    Packet packet, std::chrono::milliseconds patience,
    std::optional<std::uint64_t> connection) {
  const auto deadline = Clock::now() + patience;
  Lock lock(mutex_);
  const std::uint64_t number = packet.number = next_++;
  const auto bytes = encode(packet);
  if (!bytes) return std::nullopt;
  if (connection && (*connection != connection_ || !socket_ || lost_)) {
    return std::nullopt;
  }
  if (!send(*bytes) && (connection || !send_anew(*bytes))) return std::nullopt;

  const std::uint64_t mine = connection_;
  const auto slot = waiting_.emplace(number, std::nullopt).first;
  while (!slot->second && connection_ == mine && socket_ && !lost_ &&
         Clock::now() < deadline) {
    if (led_) {
      arrived_.wait_until(lock, deadline);
    } else {
      lead(lock, deadline);
    }
  }
  auto answer = std::move(slot->second);
  waiting_.erase(slot);
  if (!answer) return std::nullopt;
  return Reply{std::move(*answer), mine};
}

void Link::tell(Packet packet, std::uint64_t connection) {
  const Lock lock(mutex_);
  packet.number = next_++;
  const auto bytes = encode(packet);
  if (bytes && connection == connection_) send(*bytes);
}

// Never waits: a full socket means that authd does not keep up.
bool Link::send(const std::string& bytes) {
  if (!socket_ || lost_) return false;
  const auto sent = ::send(socket_.number(), bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(bytes.size())) return true;
  if (errno != EAGAIN) lose();
  return false;
}

bool Link::send_anew(const std::string& bytes) {
  // The thread that reads closes a lost connection; until then there is none.
  if (socket_) return false;
  auto fresh = connect_to_authd(path_);
  if (!fresh) return false;
  socket_ = std::move(*fresh);
  ++connection_;
  return send(bytes);
}

// Reads one packet for whoever waits for it.
void Link::lead(Lock& lock, Clock::time_point deadline) {
  led_ = true;
  const int socket = socket_.number();
  lock.unlock();
  std::string bytes(kMaxPacket + 1, '\0');
  const bool ready = readable(socket, deadline);
  ssize_t size = 0;
  int error = 0;
  if (ready) {
    size = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    error = errno;
  }
  lock.lock();
  led_ = false;
  if (ready && size > 0) {
    auto packet = decode({bytes.data(), static_cast<std::size_t>(size)});
    if (packet) {
      deliver(std::move(*packet));
    } else {
      lost_ = true;
    }
  } else if (ready && !(size < 0 && (error == EAGAIN || error == EINTR))) {
    lost_ = true;
  }
  if (lost_) lose();
  arrived_.notify_all();
}

void Link::deliver(Packet packet) {
  // One that nobody waits for any more is dropped.
  const auto slot = waiting_.find(packet.number);
  if (slot != waiting_.end()) slot->second = std::move(packet);
}

void Link::lose() {
  if (led_) {
    lost_ = true;
    ::shutdown(socket_.number(), SHUT_RDWR);
  } else {
    lost_ = false;
    socket_.close();
  }
  arrived_.notify_all();
}

}  // namespace mail::sasl
