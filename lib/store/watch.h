// Watches: who wants to know that an account has changed.
//
// One inotify descriptor and one thread a process, on the accounts' `modseq`
// files; the sessions of one account share a watch.  The rule: add the watch,
// then read the number, then park:
//
//   auto watch = watches.add(id, [&] { poller.resume(session); });
//   if (watch.number() != mark) { changes(...); }   // not parked yet
//
// Lost events cost at most 30 s: so often every number is compared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "store/types.h"

namespace mail::store {

class Watches;

// Watches as long as it lives.
class Watch {
 public:
  Watch() = default;
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;
  // Waits for a callback of any watch that runs at this moment: do not hold
  // a lock that a callback takes.
  ~Watch();

  explicit operator bool() const { return watches_ != nullptr; }

  // The account's modseq as last written; 0 when the account is gone,
  // negative while an administrator wants it.
  Modseq number() const;

 private:
  friend class Watches;
  Watch(Watches& watches, std::uint64_t account, std::uint64_t key)
      : watches_(&watches), account_(account), key_(key) {}
  Watches* watches_ = nullptr;
  std::uint64_t account_ = 0;
  std::uint64_t key_ = 0;
};

class Watches {
 public:
  // `folder`: an account's folder, from its id.  The thread starts with the
  // first watch.
  explicit Watches(std::function<std::string(std::uint64_t)> folder);
  ~Watches();  // every Watch is gone
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  // `changed` runs on the thread of the watches after each change, also when
  // the account is removed: it only wakes somebody and calls nothing here.
  Watch add(std::uint64_t account, std::function<void()> changed);

 private:
  friend class Watch;
  struct State;
  void remove(std::uint64_t account, std::uint64_t key);
  Modseq number(std::uint64_t account) const;
  std::unique_ptr<State> state_;
};

}  // namespace mail::store
