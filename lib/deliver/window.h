// Window: how many connections a site bears at a time.
//
// It starts small and grows by one for each window of successes.  A refusal
// shrinks it by one at once; the size that was refused is tried again later
// and later, so that a server with a fixed limit refuses few.
#pragma once

#include <cstdint>

namespace mail::deliver {

class Window {
 public:
  Window(std::int64_t start, std::int64_t limit);

  std::int64_t size() const { return size_; }
  void set(std::int64_t size);

  void succeeded();
  void refused();

 private:
  std::int64_t limit_;
  std::int64_t size_;
  std::int64_t ceiling_;     // the least size that was refused, or more
  std::int64_t calm_ = 1;    // windows of successes before it is tried again
  std::int64_t credit_ = 0;  // successes since the last change
};

}  // namespace mail::deliver
