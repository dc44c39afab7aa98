// How a worker takes connections, or does not.

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/worker_process.h"

namespace mail::net {
namespace {

constexpr int kBatch = 16;  // before other events have their turn
constexpr Millis kLeaveToOthers = 20;
constexpr Millis kNoDescriptors = 100;
constexpr Millis kBetweenLines = 1000;

Millis now_millis() { return steady_time() / kMillisecond; }

const char* reason(Refused why) {
  switch (why) {
    case Refused::AddressLimit:
      return "address limit";
    case Refused::TotalLimit:
      return "total limit";
    case Refused::Busy:
      return "busy";
  }
  return "";
}

}  // namespace

void WorkerProcess::begin_listening() {
  if (listens_ || !accepting_) return;
  in_.limits.begin_accepting(in_.column);
  for (Listening& listening : listening_) {
    poller_.watch(listening.listener.socket.number(), listening,
                  EPOLLIN | EPOLLEXCLUSIVE);
  }
  listens_ = true;
  left_to_others_ = false;
}

void WorkerProcess::pause_listening(Millis time) {
  if (listens_) {
    for (const Listening& listening : listening_) {
      poller_.unwatch(listening.listener.socket.number());
    }
  }
  listens_ = false;
  listen_again_ = now_millis() + time;
}

void WorkerProcess::end_listening() {
  pause_listening(0);
  listen_again_ = kNever;
  const std::lock_guard lock(mutex_);
  accepting_ = false;
  in_.limits.end_accepting(in_.column);
}

void WorkerProcess::accept_some(const Listener& listener) {
  if (!accepting_) return;
  for (int n = 0; n < kBatch; ++n) {
    if (!accept_one(listener)) break;
  }
  // A connection whose event came to us must not be left: so first take what
  // is there, then let the others have the next ones.
  if (in_.limits.above_share(in_.column) &&
      in_.limits.leave_to_others(in_.column)) {
    pause_listening(kLeaveToOthers);
    left_to_others_ = true;
  }
}

bool WorkerProcess::accept_one(const Listener& listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  Fd socket(::accept4(listener.socket.number(),
                      reinterpret_cast<sockaddr*>(&address), &length,
                      SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
        errno == ENOBUFS) {
      log_error("accept-failed", {{"errno", errno}});
      pause_listening(kNoDescriptors);
    }
    return errno == ECONNABORTED || errno == EINTR;
  }
  auto connection = std::make_unique<Connection>(
      *this, std::move(socket), make_peer(address, listener.name));
  if (const auto why = admit(*connection)) {
    refuse(*connection, *why);
    return true;
  }
  count(Metric::Connections, listener.name);
  Connection& taken = *connection;
  {
    const std::lock_guard lock(mutex_);
    taken.place = connections_.size();
    connections_.push_back(std::move(connection));
  }
  pool_->submit(taken);
  return true;
}

// Counts the connection; why not, when it is one too many.
std::optional<Refused> WorkerProcess::admit(Connection& connection) {
  const std::string& address = connection.peer.address;
  const std::string part = limited_part(address);
  const int limit = in_.address_limits.of(address);
  const std::uint64_t row = in_.limits.key("address", part);
  if (overloaded_) return Refused::Busy;
  if (!in_.limits.connect(in_.column, in_.capacity.limits.total)) {
    return Refused::TotalLimit;
  }
  if (!part.empty()) {
    if (!in_.limits.take(in_.column, row, limit)) {
      in_.limits.disconnect(in_.column);
      return Refused::AddressLimit;
    }
    connection.address_row = row;
  }
  // Threads at once in proportion to the connections it may have: a relay or
  // a web mail that was given a higher limit is many users.
  const int usual = std::max(in_.capacity.limits.per_address, 1);
  const int share = part.empty() ? in_.capacity.threads
                                 : in_.settings.threads_per_group *
                                       std::max(limit / usual, 1);
  pool_->join(connection, row, share);
  return std::nullopt;
}

void WorkerProcess::refuse(const Connection& connection, Refused why) {
  tell_refusal(connection, why);
  if (!in_.settings.refusal || implicit_tls(connection.peer.listener)) return;
  const std::string words = in_.settings.refusal(connection.peer, why);
  ::send(connection.transport.number(), words.data(), words.size(),
         MSG_DONTWAIT | MSG_NOSIGNAL);
}

// One line a second: a flood must not become one in the log.
void WorkerProcess::tell_refusal(const Connection& connection, Refused why) {
  ++refused_;
  count(Metric::ConnectionsRefused, reason(why));
  const Millis now = now_millis();
  if (now < tell_refused_at_) return;
  tell_refused_at_ = now + kBetweenLines;
  log_info("refused", {{"peer", connection.peer.address},
                       {"listener", connection.peer.listener},
                       {"why", reason(why)},
                       {"count", std::exchange(refused_, 0)}});
}

}  // namespace mail::net
