// Thread: a thread with a small stack, joined when it goes.
//
// Many of them wait for others most of their time; 256 KiB each is enough for
// what is done here (TLS included), and a hundred of them are no burden.
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>

namespace mail {

class Thread {
 public:
  // Throws Fault when the machine has no more.  `body` throws nothing.
  explicit Thread(std::function<void()> body);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

 private:
  std::unique_ptr<std::function<void()>> body_;
  pthread_t thread_{};
};

}  // namespace mail
