// Verdict: what a server said about one recipient, or what kept us from
// asking it.
#pragma once

#include <string>

namespace mail::relay {

struct Verdict {
  enum class Outcome { Delivered, Temporary, Permanent };
  Outcome outcome = Outcome::Temporary;
  int code = 0;                   // 250, 450 ...; 0: no reply
  std::string enhanced;           // "4.7.1"; ours when the server gave none
  std::string text;               // printable, one line, bounded

  bool operator==(const Verdict&) const = default;
};

// What the whole attempt says about the site.
enum class SiteState {
  Fine,       // it answered as a server does
  Busy,       // 421, or it hung up on us: fewer connections
  Dead,       // no host of it could be talked to
};

}  // namespace mail::relay
