// Blame: which message a thread has in hand when it kills its process.
//
// A sender works on many messages at once.  When one of them makes it crash,
// only that one is to be struck: each thread says what it has in hand, and the
// handler of the deadly signals announces it for the thread it runs on
// (deliver/announcement.h).  A death by a signal that cannot be caught, and
// that of a thread with nothing in hand, blames nobody.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "deliver/announcement.h"

namespace mail::deliver {

// SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGSYS announce what the thread
// has in hand as `number`'s, and then do what they do.  Before any thread;
// `announcements` outlives them all.
void blame_on_death(Announcements& announcements, std::size_t number);

// A stack of its own for the handler, for as long as this lives: one that
// overflowed its own can say so still.  One a thread.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::vector<char> memory_;
};

// What the thread has in hand while this lives.
class InHand {
 public:
  explicit InHand(std::string_view id);
  ~InHand();
  InHand(const InHand&) = delete;
  InHand& operator=(const InHand&) = delete;
};

}  // namespace mail::deliver
