// Original: what a report quotes of the message it is about.
#pragma once

#include <string>
#include <vector>

#include "deliver/bounce.h"

namespace mail::deliver {

struct Original {
  std::string subject;                  // UTF-8, one line; or empty
  std::string date;                     // as it stands, one line; or empty
  std::string message_id;               // without < >; or empty
  std::vector<std::string> references;  // those before it
};
Original read_original(const spool::Item& item);

// What is attached of it, and as what.  The whole message only when
// something failed, it is not long, and its sender wants it (RFC 3461 4.3;
// when RET was not said: users of ours get it, strangers the header).
struct Returned {
  std::string type;
  std::string bytes;
  bool whole = false;
};
Returned returned(const BounceRequest& request, const spool::Item& item);

}  // namespace mail::deliver
