#include "relay/channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mail::relay {
namespace {

constexpr Patience kLongestTick{5'000};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

SocketAddress socket_address(const std::string& text, std::uint16_t port) {
  SocketAddress address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.size = sizeof *four;
  } else if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    address.size = sizeof *six;
  }
  return address;
}

// An IPv4 address, also one that is dressed up as IPv6.
std::optional<std::uint32_t> as_ipv4(const std::string& address) {
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) {
    return ntohl(four.s_addr);
  }
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1 ||
      !IN6_IS_ADDR_V4MAPPED(&six)) {
    return {};
  }
  std::memcpy(&four, six.s6_addr + 12, sizeof four);
  return ntohl(four.s_addr);
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

std::string said(int error) {
  return error == EPIPE || error == ECONNRESET ? "connection lost"
                                               : std::strerror(error);
}

}  // namespace

bool is_loopback(const std::string& address) {
  if (const auto four = as_ipv4(address)) return *four >> 24 == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_host_address(const std::string& address) {
  if (const auto four = as_ipv4(address)) {
    return *four >> 24 != 0 && *four >> 28 < 14;
  }
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 &&
         !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_MULTICAST(&six);
}

Channel::Channel(Endpoint endpoint, net::TlsClient& tls)
    : endpoint_(std::move(endpoint)), client_(tls) {}

bool Channel::broken(std::string why) {
  trouble_ = std::move(why);
  return false;
}

// Also says so in trouble_.
bool Channel::late() {
  if (steady_time() < deadline_) return false;
  trouble_ = kTimedOut;
  return true;
}

void Channel::patience(Patience time) {
  deadline_ = steady_time() + time.count() * kMillisecond;
  set_ticks(time);
}

// The kernel's own timer ends a call; set again only where it would be too
// coarse for a deadline.
void Channel::set_ticks(Patience time) {
  const Patience wanted =
      std::clamp(time / 4, Patience(10), kLongestTick);
  if (tick_ == wanted || (tick_.count() > 0 && tick_ < wanted)) return;
  tick_ = wanted;
  const timeval value{static_cast<time_t>(wanted.count() / 1000),
                      static_cast<suseconds_t>(wanted.count() % 1000 * 1000)};
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &value,
               sizeof value);
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &value,
               sizeof value);
}

Channel::Connected Channel::connect(const SourceAddresses& from,
                                    Patience time) {
  const auto to = socket_address(endpoint_.address, endpoint_.port);
  const int family = to.storage.ss_family;
  if (to.size == 0) {
    broken("no address");
    return Connected::Unreachable;
  }
  socket_ = Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string& source = family == AF_INET ? from.ipv4 : from.ipv6;
  const auto here = socket_address(source, 0);
  if (!socket_) {
    broken(said(errno));
    return Connected::Unreachable;
  }
  if (here.size > 0 &&
      ::bind(socket_.number(), here.get(), here.size) != 0) {
    broken((family == AF_INET ? "relay_source_ipv4 " : "relay_source_ipv6 ") +
           source + ": " + said(errno));
    return Connected::Unreachable;
  }
  int error = 0;
  if (::connect(socket_.number(), to.get(), to.size) != 0) error = errno;
  if (error == EINPROGRESS) {
    pollfd ready{socket_.number(), POLLOUT, 0};
    const Micros end = steady_time() + time.count() * kMillisecond;
    int count = 0;
    do {
      const Micros left = std::max<Micros>(0, end - steady_time());
      count = ::poll(&ready, 1, static_cast<int>(left / kMillisecond) + 1);
    } while (count < 0 && errno == EINTR);
    socklen_t size = sizeof error;
    ::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (count == 0) error = ETIMEDOUT;
  }
  if (error != 0) {
    broken(error == ETIMEDOUT ? std::string(kTimedOut)
                              : std::strerror(error));
    return error == ECONNREFUSED ? Connected::Refused
           : error == ETIMEDOUT  ? Connected::Silent
                                 : Connected::Unreachable;
  }
  const int on = 1;
  int off = 0;
  ::setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::ioctl(socket_.number(), FIONBIO, &off);
  return Connected::Yes;
}

bool Channel::send_some(std::string_view& bytes, int flags) {
  if (tls_) {
    const net::Step step = tls_->write(bytes);
    if (step.is == net::Step::Is::Moved) {
      bytes.remove_prefix(step.bytes);
      return true;
    }
    if (step.is == net::Step::Is::WantRead ||
        step.is == net::Step::Is::WantWrite) {
      return !late();
    }
    return broken("TLS: " + tls_->why());
  }
  const ssize_t n = ::send(socket_.number(), bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | flags);
  if (n >= 0) {
    bytes.remove_prefix(static_cast<std::size_t>(n));
    return true;
  }
  if (errno == EINTR || would_block()) return !late();
  return broken(said(errno));
}

bool Channel::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!send_some(bytes, 0)) return false;
    if (!bytes.empty() && late()) return false;
  }
  return true;
}

bool Channel::send_more(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!send_some(bytes, MSG_MORE)) return false;
    if (!bytes.empty() && late()) return false;
  }
  return true;
}

bool Channel::send_file(const Fd& file, std::int64_t offset,
                        std::int64_t length) {
  off_t at = offset;
  const off_t end = offset + length;
  while (at < end) {
    const ssize_t n = ::sendfile(socket_.number(), file.number(), &at,
                                 static_cast<std::size_t>(end - at));
    if (n == 0) return broken("the message's file is too short");
    if (n < 0 && errno != EINTR && !would_block()) return broken(said(errno));
    if (at < end && late()) return false;
  }
  return true;
}

// What there is within one tick; 0 with trouble_ empty: nothing yet.
std::size_t Channel::receive_some(std::span<char> space) {
  trouble_.clear();
  if (tls_) {
    const net::Step step = tls_->read(space);
    if (step.is == net::Step::Is::Ended) broken("connection closed");
    if (step.is == net::Step::Is::Broken) broken("TLS: " + tls_->why());
    return step.is == net::Step::Is::Moved ? step.bytes : 0;
  }
  const ssize_t n = ::recv(socket_.number(), space.data(), space.size(), 0);
  if (n == 0) broken("connection closed");
  if (n < 0 && errno != EINTR && !would_block()) broken(said(errno));
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

// The deadline counts also for one who sends a byte now and then.
std::size_t Channel::receive(std::span<char> space) {
  while (!late()) {
    const std::size_t count = receive_some(space);
    if (count > 0 || !trouble_.empty()) return count;
  }
  return 0;
}

bool Channel::start_tls(Proof proof) {
  net::TlsTarget target;
  target.host = endpoint_.host;
  target.session = endpoint_.host + " " + endpoint_.address + " " +
                   std::to_string(endpoint_.port);
  if (proof == Proof::Name) {
    if (endpoint_.host.empty()) return broken("an address proves no name");
    if (!client_.can_verify()) return broken("no authorities are known");
    target.check = net::TlsTarget::Check::Name;
  }
  tls_.emplace(client_.open(socket_.number(), target));
  while (true) {
    const net::Step step = tls_->handshake();
    if (step.is == net::Step::Is::Moved) break;
    if (step.is == net::Step::Is::Ended || step.is == net::Step::Is::Broken) {
      return broken(tls_->why().empty() ? "connection closed" : tls_->why());
    }
    if (late()) return false;
  }
  proved_ = proof == Proof::Name;
  return true;
}

std::string Channel::tls() const { return tls_ ? tls_->facts() : ""; }

bool Channel::local() const { return is_loopback(endpoint_.address); }

void Channel::close() {
  if (tls_) tls_->finish();
  tls_.reset();
  socket_.close();
}

}  // namespace mail::relay
