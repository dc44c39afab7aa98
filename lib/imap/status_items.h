// StatusItems: what STATUS, and LIST with RETURN (STATUS ...), tell of a
// mailbox.
//
// Each answer comes from the mailbox's row or from a small index: never from
// a look at all its messages.
#pragma once

#include <string_view>
#include <vector>

#include "imap/reader.h"
#include "imap/work.h"

namespace mail::imap {

class StatusItems {
 public:
  // "(MESSAGES UIDNEXT)"
  static StatusItems read(Reader& args);

  // "* STATUS name (MESSAGES 3 UIDNEXT 4)", a whole line.
  void send(Work& work, const store::Mailbox& row) const;

  struct Item;

 private:
  std::vector<const Item*> items_;
};

}  // namespace mail::imap
