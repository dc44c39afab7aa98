// Selected: a mailbox as one session sees it.
//
// The view stands at a modseq mark: it shows the entries whose UID is below
// the uidnext of that mark, also those that others have expunged since.  So
// it costs a few numbers; the list of UIDs is built when sequence numbers are
// needed, again and again the same (the store keeps what was expunged), and
// let go when the session waits and the list is large.
//
// The mark moves in send_updates() (imap/updates.h) only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "imap/known_flags.h"
#include "imap/sequence_set.h"
#include "imap/uid_list.h"
#include "store/account.h"
#include "store/types.h"

namespace mail::imap {

class Work;

struct Selected {
  enum class Access { ReadWrite, ReadOnly };

  store::MailboxId id = 0;
  std::uint32_t uidvalidity = 0;
  Access access = Access::ReadWrite;
  store::Modseq mark = 1;
  Uid uidnext = 1;
  std::uint32_t messages = 0;
  UidSet recent;
  UidSet saved;  // "$" (RFC 5182); of the view
  KnownFlags known;
  bool behind = false;  // updates wait for a command that lets them through
  std::vector<store::Modseq> own;  // of own changes the client knows of
  std::optional<UidList> list;

  bool writable() const { return access == Access::ReadWrite; }
  // Lets go of what is large and can be built again.
  void shrink();
};

// The UIDs of the view.  A Fault when they cannot be told any more; the
// session is then ended.
const UidList& uid_list(Work& work);

// The UIDs of the view that a command's set means.  Refused: a sequence
// number no message has.
Result<UidSet> chosen(Work& work, const SequenceSet& set);

// The entries of some UIDs of the view, piece by piece, so that between two
// pieces the account can be given back and the client be waited for:
//
//   EntryPieces pieces(wanted);
//   while (pieces.next(work)) for (const auto& entry : pieces.entries()) ...
class EntryPieces {
 public:
  // Flags: UID, modseq, flags and keywords, which is what is read fastest.
  enum class Detail { All, Flags };

  explicit EntryPieces(UidSet wanted, Detail detail = Detail::All)
      : wanted_(std::move(wanted)), detail_(detail) {}

  // Reads the next piece; false at the end.
  bool next(Work& work);
  std::vector<store::Entry>& entries() { return entries_; }

 private:
  UidSet next_piece(const UidList& list);

  UidSet wanted_;
  Detail detail_;
  std::size_t at_ = 0;  // the range in hand, cut as far as it is done
  std::vector<store::Entry> entries_;
};

}  // namespace mail::imap
