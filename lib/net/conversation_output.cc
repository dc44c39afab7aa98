// The half of a conversation that writes.
//
// During a call of the session what is written is gathered, and when 64 KiB
// are at hand the thread waits for the peer to take them.  What is left when
// the call returns waits without a thread, for as long as one write may.

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/fault.h"
#include "net/conversation.h"

namespace mail::net {
namespace {

constexpr std::size_t kGather = 64 << 10;
constexpr std::int64_t kSmallFile = 16 << 10;  // copied rather than sendfile

// How long a peer may read nothing while others wait for its thread.
constexpr Millis kDeserted = 5'000;
constexpr Millis kLook = 1'000;  // whether they do

Millis now_millis() { return steady_time() / kMillisecond; }

// Reads exactly `size` bytes; a file that has fewer was cut behind our back.
void read_file_piece(int file, std::int64_t offset, std::span<char> space) {
  while (!space.empty()) {
    const ssize_t n = ::pread(file, space.data(), space.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("read a file to send");
    if (n == 0) throw Fault("a file to send is shorter than it was");
    space = space.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

}  // namespace

void Conversation::write(std::string_view bytes) {
  active_ = active_ || !bytes.empty();
  if (output_.size() + bytes.size() > kGather) flush();
  if (bytes.size() >= kGather) return write_now(bytes);
  output_ += bytes;
}

void Conversation::write_file(int file, std::int64_t offset,
                              std::int64_t length) {
  active_ = active_ || length > 0;
  if (c_.transport.secure() || length <= kSmallFile) {
    while (length > 0) {
      const auto size =
          static_cast<std::size_t>(std::min<std::int64_t>(length, kGather / 2));
      if (output_.size() + size > kGather) flush();
      const std::size_t at = output_.size();
      output_.resize(at + size);
      read_file_piece(file, offset, std::span(output_).subspan(at));
      offset += static_cast<std::int64_t>(size);
      length -= static_cast<std::int64_t>(size);
    }
    return;
  }
  flush();
  Millis until = now_millis() + house_.settings.write_deadline.count();
  while (length > 0) {
    const Step step = c_.transport.send_file(
        file, offset, std::min<std::int64_t>(length, 1 << 20));
    if (step.is == Step::Is::Ended) {
      throw Fault("a file to send is shorter than it was");
    }
    if (step.is != Step::Is::Moved) {
      wait_until_writable(step.is, until);
      continue;
    }
    offset += static_cast<std::int64_t>(step.bytes);
    length -= static_cast<std::int64_t>(step.bytes);
    until = now_millis() + house_.settings.write_deadline.count();
  }
}

void Conversation::flush() {
  write_now(output_);
  output_.clear();
}

// Writes all of it, waiting for a slow peer; the deadline is for each piece.
void Conversation::write_now(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, kGather);
    bytes.remove_prefix(piece.size());
    const Millis until = now_millis() + house_.settings.write_deadline.count();
    while (!piece.empty()) {
      const Step step = c_.transport.write(piece);
      if (step.is == Step::Is::Moved) {
        piece.remove_prefix(step.bytes);
      } else {
        wait_until_writable(step.is, until);
      }
    }
  }
}

void Conversation::wait_until_writable(Step::Is want, Millis until) {
  if (want != Step::Is::WantRead && want != Step::Is::WantWrite) {
    throw PeerGone{};
  }
  const short events = want == Step::Is::WantRead ? POLLIN : POLLOUT;
  pollfd ready{c_.transport.number(), events, 0};
  const Pool::Away away(house_.pool);
  const Millis began = now_millis();
  do {
    if (house_.pool.deserted()) until = std::min(until, began + kDeserted);
    const Millis left = until - now_millis();
    if (left <= 0) throw PeerGone{};
    ready.revents = 0;
    ::poll(&ready, 1, static_cast<int>(std::min(left, kLook)));
  } while (ready.revents == 0);
}

// Sends as much as the socket takes now; returns the rest.
std::string_view Conversation::push(std::string_view bytes) {
  while (!bytes.empty()) {
    const Step step = c_.transport.write(bytes);
    if (step.is == Step::Is::Moved) {
      bytes.remove_prefix(step.bytes);
      continue;
    }
    if (step.is == Step::Is::Ended || step.is == Step::Is::Broken) {
      throw PeerGone{};
    }
    c_.for_reading = step.is == Step::Is::WantRead;
    break;
  }
  return bytes;
}

// What the session has said is on its way, or kept in `unsent`: then false.
bool Conversation::send_kept() {
  if (output_.empty()) return true;
  const std::string_view rest = push(output_);
  if (!rest.empty()) {
    c_.unsent.assign(rest);
    c_.unsent_due = now_millis() + house_.settings.write_deadline.count();
  }
  output_.clear();
  return rest.empty();
}

bool Conversation::send_unsent() {
  if (c_.unsent.empty()) return true;
  const std::string_view rest = push(c_.unsent);
  if (rest.empty()) {
    c_.unsent = std::string();
    return true;
  }
  if (house_.stopping || now_millis() >= c_.unsent_due) throw PeerGone{};
  c_.unsent.erase(0, c_.unsent.size() - rest.size());
  keep();
  return false;
}

Pause Conversation::wait_for_peer_to_read() {
  const std::uint32_t events = c_.for_reading ? EPOLLIN : EPOLLOUT;
  return {Pause::For::Events, events, c_.unsent_due, false};
}

}  // namespace mail::net
