#include "deliver/janitor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/log.h"

namespace mail::deliver {
namespace {

// Nobody waits for a removal; a group is what comes in this time.
constexpr std::chrono::milliseconds kGather{250};
constexpr std::chrono::seconds kAfterTrouble{1};

}  // namespace

Janitor::Janitor(const std::string& spool)
    : shelves_(spool), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno("eventfd");
}

Janitor::~Janitor() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Janitor::start() {
  thread_ = std::thread([this] { work(); });
}

void Janitor::put(Order order) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
    if (orders_.size() > 1) return;  // it knows
  }
  changed_.notify_one();
}

void Janitor::remove(std::string id, spool::Shelf shelf) {
  put({std::move(id), shelf, shelf});
}

void Janitor::remove(std::string id) {
  put({std::move(id), spool::Shelf::In, spool::Shelf::In, true});
}

void Janitor::move(std::string id, spool::Shelf from, spool::Shelf to) {
  put({std::move(id), from, to});
}

void Janitor::hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  changed_.notify_one();
}

std::vector<std::string> Janitor::take() {
  std::uint64_t count = 0;
  if (::read(event_.number(), &count, sizeof count) < 0) return {};
  const std::lock_guard lock(mutex_);
  return std::move(finished_);
}

void Janitor::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !orders_.empty(); });
    if (orders_.empty()) return;
    changed_.wait_for(lock, kGather, [&] { return stopping_ || hurried_; });
    hurried_ = false;
    const std::vector<Order> orders = std::move(orders_);
    orders_.clear();
    lock.unlock();
    const bool done = carry_out(orders);
    lock.lock();
    if (done) {
      for (const auto& order : orders) finished_.push_back(order.id);
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto n =
          ::write(event_.number(), &one, sizeof one);
      continue;
    }
    // Once more from the start: what is gone already does no harm.
    orders_.insert(orders_.begin(), orders.begin(), orders.end());
    if (stopping_) return;
    changed_.wait_for(lock, kAfterTrouble, [&] { return stopping_; });
  }
}

void Janitor::carry_out(const Order& order) {
  using spool::Shelf;
  if (order.anywhere) {
    for (const auto shelf : {Shelf::Deferred, Shelf::Hold, Shelf::In}) {
      shelves_.remove(order.id, shelf);
    }
  } else if (order.from == order.to) {
    shelves_.remove(order.id, order.from);
  } else {
    shelves_.move(order.id, order.from, order.to);
  }
}

bool Janitor::carry_out(const std::vector<Order>& orders) {
  const auto done = attempt([&] {
    for (const auto& order : orders) carry_out(order);
    shelves_.sync();
  });
  if (!done) log_error("spool-change-failed", {{"reason", done.error().why}});
  return done.has_value();
}

}  // namespace mail::deliver
