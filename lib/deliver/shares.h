// Shares: how much of something scarce each may hold.
//
// Nobody may hold more than what is still free, or a few: so one takes half at
// most, two a third each, and there is always room for who comes next
// (dynamic thresholds, Choudhury and Hahne, 1998).
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>

namespace mail::deliver {

template <class Key>
class Shares {
 public:
  Shares(std::size_t total, std::size_t few) : total_(total), few_(few) {}

  bool may_take(const Key& key) const {
    return held_by(key) < std::max(few_, free());
  }
  void take(const Key& key, std::size_t count) {
    held_[key] += count;
    taken_ += count;
  }
  void give_back(const Key& key, std::size_t count) {
    const auto held = held_.find(key);
    taken_ -= count;
    held->second -= count;
    if (held->second == 0) held_.erase(held);
  }

  std::size_t free() const { return taken_ < total_ ? total_ - taken_ : 0; }
  std::size_t held_by(const Key& key) const {
    const auto held = held_.find(key);
    return held == held_.end() ? 0 : held->second;
  }

 private:
  std::size_t total_;
  std::size_t few_;
  std::size_t taken_ = 0;
  std::map<Key, std::size_t> held_;
};

}  // namespace mail::deliver
