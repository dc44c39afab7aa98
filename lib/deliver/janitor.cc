#include "deliver/janitor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/attempt.h"
#include "base/fault.h"

namespace mail::deliver {
namespace {

// Nobody waits for a removal; a group is what comes in this time.
constexpr std::chrono::milliseconds kGather{250};

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

std::vector<Janitor::Finished> Janitor::take() {
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
    auto finished = carry_out(orders);
    lock.lock();
    std::ranges::move(finished, std::back_inserter(finished_));
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(event_.number(), &one, sizeof one);
  }
}

void Janitor::carry_out(const Order& order) {
  using spool::Shelf;
  constexpr Shelf kShelves[] = {Shelf::Deferred, Shelf::Hold, Shelf::In};
  if (order.anywhere) {
    for (const auto shelf : kShelves) shelves_.remove(order.id, shelf);
  } else if (order.from == order.to) {
    shelves_.remove(order.id, order.from);
  } else if (!shelves_.move(order.id, order.from, order.to)) {
    for (const auto shelf : kShelves) {
      if (shelf != order.to && shelves_.move(order.id, shelf, order.to)) break;
    }
  }
}

std::vector<Janitor::Finished> Janitor::carry_out(
    const std::vector<Order>& orders) {
  std::vector<Finished> finished;
  for (const auto& order : orders) {
    const auto done = attempt([&] { carry_out(order); });
    finished.push_back({order.id, done ? "" : done.error().why});
  }
  if (const auto synced = attempt([&] { shelves_.sync(); }); !synced) {
    for (auto& one : finished) {
      if (!one.trouble.empty() || shelves_.is_synced(one.id)) continue;
      one.trouble = synced.error().why;
    }
  }
  return finished;
}

}  // namespace mail::deliver
