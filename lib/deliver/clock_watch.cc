#include "deliver/clock_watch.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/fault.h"

namespace mail::deliver {
namespace {

constexpr Micros kSmallestStep = 2 * kSecond;

}  // namespace

ClockWatch::ClockWatch()
    : timer_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      offset_(wall_time() - steady_time()) {
  if (!timer_) throw_errno("timerfd_create");
  arm();
}

// Fires when the clock is set; the time itself is far away.
void ClockWatch::arm() {
  itimerspec far{};
  far.it_value.tv_sec = INT32_MAX;
  if (::timerfd_settime(timer_.number(),
                        TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far,
                        nullptr) != 0) {
    throw_errno("timerfd_settime");
  }
}

std::optional<Micros> ClockWatch::step() {
  std::uint64_t count = 0;
  const bool set =
      ::read(timer_.number(), &count, sizeof count) < 0 && errno == ECANCELED;
  if (set) arm();
  const Micros offset = wall_time() - steady_time();
  const Micros step = offset - offset_;
  if (std::abs(step) < kSmallestStep) return {};
  offset_ = offset;
  return step;
}

}  // namespace mail::deliver
