// UnboundResolver: the real DNS, validated and cached by libunbound.
//
// One context in a process; its questions run side by side on one thread of
// the library.  A second thread of ours hands the answers to those who wait,
// so a question has a deadline whatever the other servers do.  Both threads
// start with the first question: make the object before the cage closes, and
// after fork.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "dns/resolver.h"

namespace mail::dns {

class UnboundResolver : public Resolver {
 public:
  // `servers`: addresses to forward to; empty: starts at the root servers.
  UnboundResolver(const std::vector<std::string>& servers,
                  std::chrono::milliseconds deadline);
  // None: nothing counts as proved, and nothing is refused for want of proof.
  enum class Validation { Dnssec, None };
  UnboundResolver(const std::vector<std::string>& servers,
                  std::chrono::milliseconds deadline, Validation validation);
  ~UnboundResolver() override;
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;

  Answer<std::string> ask(std::string_view name, Type type) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mail::dns
