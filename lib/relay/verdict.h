// Verdict: what a server said about one recipient, or what kept us from
// asking it.
#pragma once

#include <cstddef>
#include <string>

namespace mail::relay {

struct Verdict {
  enum class Outcome { Delivered, Temporary, Permanent };
  Outcome outcome = Outcome::Temporary;
  int code = 0;                   // 250, 450 ...; 0: no reply
  std::string enhanced;           // "4.7.1"; ours when the server gave none
  std::string text;               // printable, one line, bounded
  std::size_t visit = 0;          // where: which of the attempt's visits
  bool uncertain = false;         // it may have arrived all the same
  bool answered = false;          // it is said of the recipient or its message,
                                  // and not of the connection

  // A server's own "not now": so the recipient surely does not have the
  // message.  That it also closes on us (421) makes no difference.
  bool deferred() const {
    return answered && outcome == Outcome::Temporary &&
           (code / 100 == 4 || too_many_recipients());
  }
  // RFC 5321 4.5.3.1.10: some servers say 552 and mean it.
  bool too_many_recipients() const {
    return outcome == Outcome::Temporary && (code == 452 || code == 552);
  }
  // Another server may be asked at once.
  bool may_go_elsewhere() const {
    return outcome == Outcome::Temporary && !uncertain;
  }
  bool operator==(const Verdict&) const = default;
};

// A server that was asked in an attempt, or could not be.
struct Visit {
  std::string host = {};          // its name; empty when it has none
  std::string address = {};
  std::string tls = {};           // "TLSv1.3 TLS_AES_256_GCM_SHA384"
  bool dsn = false;               // it took over RFC 3461's duties
  bool seven_bit = false;         // it got the message converted (RFC 6152)

  bool operator==(const Visit&) const = default;
};

// What the whole attempt says about the site.
enum class SiteState {
  Fine,       // it answered as a server does
  Busy,       // 421 before a message, or it hung up on us: fewer connections
  Dead,       // no host of it could be talked to
  Barred,     // it refused our login
};

}  // namespace mail::relay
