// ModseqFile: the account's 8 bytes that watchers watch.
//
// The number of the last commit, or, negative, the time (microseconds, minus)
// until which an administrator wants the account for himself: holders close
// it, nobody opens it.  Written in place, never replaced, never synced.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "store/types.h"

namespace mail::store {

class ModseqFile {
 public:
  // Fault when there is none.
  explicit ModseqFile(const std::string& folder);

  // Nothing when there is no such account.  Throws nothing of its own.
  static std::optional<Modseq> look(const std::string& folder);
  static void make(const std::string& folder);

  Modseq read() const;

  // Leaves the wish of an administrator standing.
  void write(Modseq modseq, Micros now) const;

  // Whether an administrator wants the account now.
  bool wanted(Micros now) const { return is_wanted(read(), now); }
  void want_until(Micros time) const;
  void set(Modseq modseq) const;

 private:
  static bool is_wanted(Modseq number, Micros now);
  Fd file_;
};

}  // namespace mail::store
