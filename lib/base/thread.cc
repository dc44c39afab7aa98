#include "base/thread.h"

#include <cerrno>

#include "base/fault.h"

namespace mail {
namespace {

constexpr std::size_t kStack = 256 << 10;

void* run(void* body) noexcept {
  (*static_cast<std::function<void()>*>(body))();
  return nullptr;
}

}  // namespace

Thread::Thread(std::function<void()> body)
    : body_(std::make_unique<std::function<void()>>(std::move(body))) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  const int result = pthread_create(&thread_, &attributes, run, body_.get());
  pthread_attr_destroy(&attributes);
  if (result == 0) return;
  errno = result;
  throw_errno("thread");
}

Thread::~Thread() { pthread_join(thread_, nullptr); }

}  // namespace mail
