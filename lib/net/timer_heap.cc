#include "net/timer_heap.h"

#include <utility>

namespace mail::net {

void TimerHeap::set(Entry& entry, Millis time) {
  if (entry.heap_time == kNever) {
    entry.heap_place = entries_.size();
    entries_.push_back(&entry);
  }
  entry.heap_time = time;
  up(entry.heap_place);
  down(entry.heap_place);
}

void TimerHeap::remove(Entry& entry) {
  if (entry.heap_time == kNever) return;
  entry.heap_time = kNever;
  const std::size_t at = entry.heap_place;
  Entry* last = entries_.back();
  entries_.pop_back();
  if (last == &entry) return;
  place(last, at);
  up(at);
  down(last->heap_place);
}

Millis TimerHeap::next() const {
  return entries_.empty() ? kNever : entries_[0]->heap_time.load();
}

void TimerHeap::place(Entry* entry, std::size_t at) {
  entries_[at] = entry;
  entry->heap_place = at;
}

void TimerHeap::up(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (entries_[parent]->heap_time <= entries_[at]->heap_time) return;
    Entry* entry = entries_[at];
    place(entries_[parent], at);
    place(entry, parent);
    at = parent;
  }
}

void TimerHeap::down(std::size_t at) {
  for (;;) {
    std::size_t least = at;
    for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
      if (child < entries_.size() &&
          entries_[child]->heap_time < entries_[least]->heap_time) {
        least = child;
      }
    }
    if (least == at) return;
    Entry* entry = entries_[at];
    place(entries_[least], at);
    place(entry, least);
    at = least;
  }
}

}  // namespace mail::net
