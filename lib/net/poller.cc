#include "net/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

namespace mail::net {
namespace {

Millis now_millis() { return steady_time() / kMillisecond; }

}  // namespace

Poller::Poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_) throw_errno("epoll_create1");
  if (!wake_) throw_errno("eventfd");
  watch(wake_.number(), wake_source_, EPOLLIN);
}

void Poller::watch(int number, Source& source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, number, &event) != 0) {
    throw_errno("epoll_ctl");
  }
}

void Poller::unwatch(int number) {
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, number, nullptr);
}

bool Poller::park(Connection& connection, const Pause& pause) {
  using State = Connection::State;
  connection.state = State::Parking;
  set_deadline(connection, pause.until);
  if (pause.events != 0) {
    epoll_event event{};
    event.events = pause.events | EPOLLONESHOT;
    event.data.ptr = static_cast<Source*>(&connection);
    const int what = connection.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection.watched = true;
    if (::epoll_ctl(epoll_.number(), what, connection.transport.number(),
                    &event) != 0) {
      log_error("epoll-full", {{"errno", errno}});
      connection.lost = true;
    }
  }
  // Whoever set one of these before it saw Parking relies on us to look.
  State parking = State::Parking;
  const bool called =
      hurry_ || connection.lost || (pause.wakeable && connection.woken);
  if (!called &&
      connection.state.compare_exchange_strong(parking, State::Parked)) {
    return true;
  }
  connection.state = State::Queued;
  return false;
}

bool Poller::rouse(Connection& connection) {
  using State = Connection::State;
  State state = connection.state;
  for (;;) {
    switch (state) {
      case State::Parked:
        if (connection.state.compare_exchange_weak(state, State::Queued)) {
          return true;
        }
        break;
      case State::Parking:
        if (connection.state.compare_exchange_weak(state, State::Notified)) {
          return false;
        }
        break;
      default:
        return false;
    }
  }
}

void Poller::set_deadline(Connection& connection, Millis until) {
  connection.parked_until = until;
  if (connection.heap_time <= until) return;
  const std::lock_guard lock(mutex_);
  heap_.set(connection, until);
  if (until < sleeping_until_) poke();
}

void Poller::forget(Connection& connection) {
  const std::lock_guard lock(mutex_);
  heap_.remove(connection);
}

void Poller::poke() {
  const std::uint64_t one = 1;
  // It can only fail because it is set already.
  if (::write(wake_.number(), &one, sizeof one) < 0) return;
}

std::span<Source* const> Poller::wait(Millis at_most) {
  const Millis now = now_millis();
  Millis until = now + at_most;
  {
    const std::lock_guard lock(mutex_);
    until = std::min(until, heap_.next());
    sleeping_until_ = until;
  }
  const int count = ::epoll_wait(
      epoll_.number(), events_.data(), static_cast<int>(events_.size()),
      static_cast<int>(std::clamp<Millis>(until - now, 0, at_most)));
  {
    const std::lock_guard lock(mutex_);
    sleeping_until_ = 0;
  }
  if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
  sources_.clear();
  for (int n = 0; n < count; ++n) {
    auto* source =
        static_cast<Source*>(events_[static_cast<std::size_t>(n)].data.ptr);
    if (source->kind != Source::Kind::Wake) {
      sources_.push_back(source);
      continue;
    }
    std::uint64_t pokes;
    if (::read(wake_.number(), &pokes, sizeof pokes) < 0) continue;
  }
  return sources_;
}

std::vector<Connection*> Poller::expired() {
  std::vector<Connection*> due;
  const Millis now = now_millis();
  const std::lock_guard lock(mutex_);
  while (heap_.next() <= now) {
    auto* connection = static_cast<Connection*>(heap_.first());
    heap_.remove(*connection);
    const Millis until = connection->parked_until;
    if (until > now) {
      if (until != kNever) heap_.set(*connection, until);
      continue;
    }
    due.push_back(connection);
  }
  return due;
}

}  // namespace mail::net
