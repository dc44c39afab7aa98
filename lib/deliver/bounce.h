// Bounce: the report to a sender on what became of a message.
//
// RFC 3464 in a multipart/report (RFC 6522): a text for people
// (deliver/bounce_text.h), the facts for programs (deliver/bounce_facts.h),
// and the message or its header.  It stands in the thread of the message it
// is about.  From the null sender, so that no report is ever answered by
// another (RFC 5321 4.5.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "spool/envelope.h"
#include "spool/shelves.h"

namespace mail::deliver {

// RFC 3464 2.3.3.
enum class Action {
  Failed,     // given up
  Delayed,    // still tried
  Delivered,  // into a mailbox
  Relayed,    // to a server that reports nothing itself
  Expanded,   // to several places, which are not reported
};

struct BounceRecipient {
  Action action = Action::Failed;
  std::string address;   // where it ended
  std::string original;  // as the envelope has it
  std::string orcpt;     // RFC 3461 4.2, or empty
  std::string status;    // "5.1.1"
  std::string text;      // why
  std::string remote;    // the server that said so; empty: we did
  int reply = 0;         // its SMTP reply code
  int attempts = 0;
  Micros tried_at = 0;   // the last of them; 0: not known
};

struct BounceRequest {
  std::string hostname;
  std::string report_id;  // of the bounce itself
  Micros now = 0;
  Micros until = 0;       // it is or was tried until then
  std::vector<BounceRecipient> recipients;

  bool has(Action action) const;
};

// The report: canonical CRLF, no line above 998 octets, no byte that what it
// is labelled with does not allow; and how it is to be sent.
struct Bounce {
  std::string text;
  spool::Envelope envelope;
};
Bounce make_bounce(const BounceRequest& request, const spool::Item& item);

// Whether the facts need UTF-8, and their reader can have it (RFC 6533).
bool is_global(const BounceRequest& request, const spool::Item& item);

}  // namespace mail::deliver
