#include "deliver/blame.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/fault.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kRoom = 60;
constexpr std::size_t kStack = 32 << 10;

// Globals, since a handler is given nothing of ours: set before the first
// thread, and each thread's own.
struct Culprit {
  std::size_t length;
  char id[kRoom];
};
constinit thread_local Culprit in_hand{};
constinit Announcements* announcements_of_process = nullptr;
constinit std::size_t number_of_process = 0;

// The handler is gone once it runs (SA_RESETHAND): what made the signal comes
// again, or is raised again by abort(), and then kills.
void announce(int signal, siginfo_t* info, void*) noexcept {
  if (in_hand.length > 0) {
    announcements_of_process->announce(number_of_process,
                                       {in_hand.id, in_hand.length});
  }
  // Sent by kill(2): it does not come again by itself.
  if (info->si_code <= 0) ::raise(signal);
}

}  // namespace

void blame_on_death(Announcements& announcements, std::size_t number) {
  announcements_of_process = &announcements;
  number_of_process = number;
  struct sigaction action{};
  action.sa_sigaction = announce;
  action.sa_flags =
      SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int signal :
       {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS}) {
    if (::sigaction(signal, &action, nullptr) != 0) throw_errno("sigaction");
  }
}

SignalStack::SignalStack() : memory_(kStack) {
  stack_t stack{};
  stack.ss_sp = memory_.data();
  stack.ss_size = memory_.size();
  if (::sigaltstack(&stack, nullptr) != 0) throw_errno("sigaltstack");
}

SignalStack::~SignalStack() {
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  ::sigaltstack(&off, nullptr);
}

InHand::InHand(std::string_view id) {
  in_hand.length = std::min(id.size(), kRoom);
  std::memcpy(in_hand.id, id.data(), in_hand.length);
}

InHand::~InHand() { in_hand.length = 0; }

}  // namespace mail::deliver
