// Bounce: the report to a sender whose mail was not delivered, or waits long.
//
// RFC 3464 in a multipart/report (RFC 6522): a text for people, the facts for
// programs, and the message or its header.  From the null sender, so that no
// report is ever answered by another (RFC 5321 4.5.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "spool/envelope.h"
#include "spool/shelves.h"

namespace mail::deliver {

enum class BounceKind {
  Failed,   // given up
  Delayed,  // still tried
};

struct BounceRecipient {
  std::string address;   // where it ended
  std::string original;  // as the envelope has it
  std::string orcpt;     // RFC 3461 4.2, or empty
  std::string status;    // "5.1.1"
  std::string text;      // why
};

struct BounceRequest {
  BounceKind kind = BounceKind::Failed;
  std::string hostname;
  std::string report_id;          // of the bounce itself
  Micros now = 0;
  Micros until = 0;               // Delayed: tried until then
  std::vector<BounceRecipient> recipients;
};

// Whether the sender wants to hear of this kind (RFC 3461 4.1).
bool wants_report(std::string_view notify, BounceKind kind);

// The report on `item`, canonical CRLF, and how it is to be sent.
std::string make_bounce(const BounceRequest& request, const spool::Item& item);
spool::Envelope bounce_envelope(const BounceRequest& request,
                                const spool::Item& item);

}  // namespace mail::deliver
