// Announcements: which message each worker has in hand, in shared memory.
//
// Made by the parent before it forks.  A worker says the id before it looks
// at a message's bytes and takes it back afterwards; what is still there when
// the worker is dead is the message that is to blame.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail::deliver {

class Announcements {
 public:
  explicit Announcements(std::size_t workers);
  ~Announcements();
  Announcements(const Announcements&) = delete;
  Announcements& operator=(const Announcements&) = delete;

  void announce(std::size_t worker, std::string_view id);
  void clear(std::size_t worker);

  // Of a dead worker: its announcement, "" for none; and clears it.
  std::string take(std::size_t worker);

 private:
  struct Slot;
  std::size_t size_;
  Slot* slots_;
};

}  // namespace mail::deliver
