// Downgrade: a message in the form a server without 8BITMIME takes (RFC 6152
// section 3).
//
//   const Downgrade seven_bit(transaction, file);
//   if (!seven_bit.why().empty()) ...        // there is no such form
//   Content(seven_bit).send(...)             // of seven_bit.transaction()
//
// The file is mapped, and given back to the kernel behind the reader: what is
// held is the plan (mime/seven_bit.h) and nothing of the message.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/mapping.h"
#include "mime/seven_bit.h"
#include "relay/transaction.h"

namespace mail::relay {

class Downgrade {
 public:
  // Reads all of the message.  Throws Fault when the file is too short.
  Downgrade(const Transaction& transaction, const Fd& file);

  // Why the message cannot have that form, in words; or empty.
  const std::string& why() const { return why_; }

  // The transaction as it is then; only without a why().
  const Transaction& transaction() const { return transaction_; }

  // The message's octets behind the prefix, in pieces.
  bool write(const mime::SevenBit::Sink& sink) const;

 private:
  Transaction transaction_;
  Mapping mapping_;
  mime::Passed passed_;
  std::optional<mime::SevenBit> plan_;
  std::string why_;
};

}  // namespace mail::relay
