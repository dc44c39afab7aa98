// Parting: what became of a consignment.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "deliver/consignment.h"
#include "deliver/errand.h"

namespace mail::deliver {

struct Reason {
  std::string code;  // "4.2.2"
  std::string text;
};

struct Parting {
  enum class Kind {
    Tried,    // `verdicts`, one for each target
    Waits,    // not tried: until `until` (wall time)
    Gone,     // there is no such message file
    Damaged,  // the file is not what was committed
  };
  Kind kind = Kind::Tried;
  Message* message = nullptr;
  std::vector<std::size_t> targets;
  std::vector<Verdict> verdicts;
  std::string site;  // where it was to go; empty: not known
  std::string host;  // "mx.example.org [192.0.2.1]"; empty: none
  std::string tls;
  bool dsn = false;  // the server took over the duties of RFC 3461
  bool seven_bit = false;  // it got the message converted (RFC 6152)
  Micros retry = 0;  // of its route, to the second attempt; 0: as usual
  Micros until = 0;
  std::string code;      // of Waits; empty: what its last attempt said
  std::string why;       // of Waits and Damaged
  bool partial = false;  // the rest of the consignment is still on its way
};

}  // namespace mail::deliver
