// What the store keeps of a message's content, found out before any
// transaction begins.
//
//   const Digested digested = digest_message(file, length, prefix);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "store/account.h"

namespace mail::store {

struct Digested {
  std::int64_t size = 0;  // prefix and message
  Micros sent_date = 0;   // the Date field; 0: none
  bool has_attachment = false;
  std::string subject;  // sort keys (RFC 5256), case-folded, cut short
  std::string from;
  std::string to;
  // Hashes of (message id, base subject): messages that share one belong to
  // one thread.  The first is the message's own id.
  std::vector<std::int64_t> thread_keys;
  Cached cached;  // `header` has the first 2 MiB of it
};

// `length`: octets of the message in `file`; `prefix`: header fields in front
// of it.  Maps the file; never fails for what is in it.
Digested digest_message(const Fd& file, std::int64_t length,
                        std::string_view prefix);

// The same of a message in memory.
Digested digest_message(std::string_view message,
                        std::string_view prefix = {});

}  // namespace mail::store
