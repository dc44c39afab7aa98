// UidList: the messages of a mailbox in order: sequence number <-> UID.
//
// Kept as runs of UIDs that follow each other: a mailbox from which little was
// expunged costs a few bytes, whatever its size.  Numbers begin with 1.
#pragma once

#include <cstdint>
#include <vector>

#include "imap/sequence_set.h"

namespace mail::imap {

class UidList {
 public:
  UidList() = default;
  explicit UidList(const UidSet& uids);

  // Adds a UID above all others.
  void append(Uid uid);
  void remove(const UidSet& uids);

  std::uint32_t size() const;
  std::size_t runs() const { return runs_.size(); }

  // 0 when it is not in the list.
  std::uint32_t number(Uid uid) const;
  // `number` from 1 to size().
  Uid uid(std::uint32_t number) const;
  Uid last() const { return runs_.empty() ? 0 : runs_.back().last; }

  // The UIDs of a set of sequence numbers, all of them at most size().
  UidSet uids(const UidSet& numbers) const;
  // Those of `uids` that are in the list.
  UidSet present(const UidSet& uids) const;
  UidSet all() const;

 private:
  struct Run {
    Uid first;
    Uid last;
    std::uint32_t before;  // messages in front of this run
  };
  const Run* run_of(Uid uid) const;

  std::vector<Run> runs_;
};

}  // namespace mail::imap
