// Delivery: messages from the spool into an account, exactly once.
//
//   const auto lease = accounts.open(id);
//   if (lease->are_delivered(spool_ids)[i]) ...done before...
//   const Fd folder = lease->message_folder(spool_id);  // msg/FFFF
//   linkat(spool file -> folder, spool_id); fsync(folder)   // once a batch
//   const Digested digested = digest_message(file, length, prefix);
//   lease->deliver(batch);
//
// A batch is one transaction: after it the rows are on the disk, those of
// `delivered` with them; a repetition answers Already, whatever the user did
// with the message meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/digest_message.h"
#include "store/types.h"

namespace mail::store {

// One message for one account: one email, an entry in each mailbox.
struct Arrival {
  std::string spool_id;
  // At least one.  One that is gone meanwhile counts as INBOX.
  std::vector<MailboxId> mailboxes;
  std::string file;         // "FFFF/SPOOLID" below msg/, linked and synced
  std::int64_t length = 0;  // octets of the message in it
  std::string prefix;       // header fields in front, CRLF ended
  Micros internal_date = 0;
  Flags flags = 0;
  std::vector<std::string> keywords;
  Digested digested;  // of this file and prefix
};

enum class Delivered {
  Done,
  Already,    // in an earlier batch, or earlier in this one
  OverQuota,  // nothing was changed for this one
};

// "FFFF/NAME": where a message file lies below msg/.
std::string message_file_name(std::string_view name);

}  // namespace mail::store
