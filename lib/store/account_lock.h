// Account locks: who has an account open, and who has it for himself.
//
// flock on accounts/xx/ID/lock.  Sessions and deliveries share it while they
// have the account open; restore, move, delete, repair and migrations take it
// exclusively, after they have written "wanted" into the modseq file.
#pragma once

#include <string>

#include "base/fd.h"
#include "store/modseq_file.h"

namespace mail::store {

class SharedLock {
 public:
  // Waits up to 1 s while somebody has or wants it alone: a migration takes
  // no longer, and what comes behind it should not fail for that.  Fault: no
  // such account; or busy.
  explicit SharedLock(const std::string& folder);

  // Whether the account was removed since, or its lock was lost: who has it
  // open then works on files that nobody else sees.
  bool is_gone() const;

  // Gives it back before its time.
  void release() { file_.close(); }

 private:
  Fd file_;
};

class ExclusiveLock {
 public:
  // Waits up to 10 s for the others to close; then Fault "busy".
  explicit ExclusiveLock(const std::string& folder);
  ~ExclusiveLock();
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;

  // What watchers are told at the end; 0: what was there before.
  void announce(Modseq modseq) { modseq_ = modseq; }

 private:
  Fd file_;
  ModseqFile number_;
  Modseq modseq_ = 0;
};

}  // namespace mail::store
