// TimerHeap: what is due next, and when.
//
// A binary heap of things that know their own place in it, so that each can
// be moved or taken out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mail::net {

using Millis = std::int64_t;  // of the steady clock

inline constexpr Millis kNever = INT64_MAX;

class TimerHeap {
 public:
  struct Entry {
    std::atomic<Millis> heap_time = kNever;  // kNever: not in the heap
    std::size_t heap_place = 0;
  };

  // Puts it in, or moves it to another time.
  void set(Entry& entry, Millis time);
  void remove(Entry& entry);

  bool empty() const { return entries_.empty(); }
  Millis next() const;  // kNever when empty
  Entry* first() const { return entries_.empty() ? nullptr : entries_[0]; }

 private:
  void place(Entry* entry, std::size_t at);
  void up(std::size_t at);
  void down(std::size_t at);

  std::vector<Entry*> entries_;
};

}  // namespace mail::net
