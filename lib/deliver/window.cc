#include "deliver/window.h"

#include <algorithm>

namespace mail::deliver {
namespace {

constexpr std::int64_t kMostCalm = 64;

}  // namespace

Window::Window(std::int64_t start, std::int64_t limit)
    : limit_(std::max<std::int64_t>(1, limit)),
      size_(std::clamp<std::int64_t>(start, 1, limit_)),
      ceiling_(limit_ + 1) {}

void Window::set(std::int64_t size) {
  size_ = std::clamp<std::int64_t>(size, 1, limit_);
}

void Window::succeeded() {
  if (size_ >= limit_) return;
  ++credit_;
  const bool refused_before = size_ + 1 >= ceiling_;
  if (credit_ < size_ * (refused_before ? calm_ : 1)) return;
  credit_ = 0;
  ++size_;
  if (size_ > ceiling_) ceiling_ = limit_ + 1;
}

void Window::refused() {
  calm_ = std::min(2 * calm_, kMostCalm);
  ceiling_ = size_;
  credit_ = 0;
  size_ = std::max<std::int64_t>(1, size_ - 1);
}

}  // namespace mail::deliver
