// Errand: one transaction with another server, from the scheduler to a sender
// and back; and the question where a domain's mail goes.
//
//   scheduler -> sender   lookup NUMBER DOMAIN
//                         errand NUMBER SLOT ... (+ the message's descriptor)
//   sender -> scheduler   ready LIFE
//                         found NUMBER ...       what the DNS says
//                         report NUMBER SLOT ... what became of an errand
//                         closed SLOT            its connection has ended
//
// SOCK_SEQPACKET, one packet each, lines of fields (spool/fields.h).  A slot
// is one connection at a time, numbered by the scheduler and unique in its
// sender: an errand for a slot whose connection is open goes over it, others
// make a new one.  So the scheduler counts connections by counting slots, and
// a connection that ends meanwhile harms nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "relay/hop.h"
#include "relay/transaction.h"
#include "relay/verdict.h"

namespace mail::deliver {

inline constexpr std::size_t kMaxErrandPacket = 128 << 10;
inline constexpr std::size_t kMaxErrandRecipients = 100;

using relay::Exchange;
using relay::Hop;
using relay::Verdict;
using relay::Visit;
using ErrandRecipient = relay::Recipient;

struct Lookup {
  std::uint64_t number = 0;
  std::string domain;
  std::uint64_t life = 0;         // as in Errand
};

struct Found {
  enum class Outcome {
    Hosts,      // `hosts`: the MX, or the domain itself (RFC 5321 5.1)
    NoMail,     // null MX (RFC 7505), or none is left but ourselves
    NoDomain,   // neither MX nor address
    TryLater,
  };
  std::uint64_t number = 0;
  Outcome outcome = Outcome::TryLater;
  std::vector<Exchange> hosts;    // by preference; relay/hosts.h
  std::string site;               // the set of hosts in one word: its key
  std::uint32_t ttl = 0;          // seconds; also of what is not there
  std::string why;                // printable, for people
  std::string enhanced;           // "5.1.10", "5.1.2", "4.4.3" ...
  bool secure = false;            // proved by DNSSEC; for Errand
};

struct Errand {
  std::uint64_t number = 0;
  std::uint32_t slot = 0;
  std::string id;                 // of the message, for the log
  Hop hop;
  std::vector<Exchange> hosts;    // for Kind::Mx
  std::int64_t length = 0;        // octets of the message in the file
  std::string prefix;             // header fields in front of it
  std::string sender;             // empty: the null sender
  std::string ret;
  std::string envid;
  bool smtputf8 = false;          // was said when it came
  bool has_8bit = false;
  bool has_leading_dot = false;
  bool require_tls = false;       // RFC 8689
  bool secure = false;            // as Found said of `hosts`; for require_tls
  bool verify = false;            // nobody has compared its checksum yet
  std::uint64_t life = 0;         // of the sender it is for; 0: any
  std::vector<ErrandRecipient> recipients;
};

struct Report {
  using Site = relay::SiteState;  // Fine, Busy ...
  std::uint64_t number = 0;
  std::uint32_t slot = 0;
  Site site = Site::Fine;
  bool open = false;              // the connection waits for more
  bool damaged = false;           // the file is not what was committed
  std::string why = {};           // of a site that is not Fine; of no message
  std::vector<Visit> visits;      // where verdicts come from; the last one:
                                  // where it was tried last
  std::vector<Verdict> verdicts;  // of each recipient
};

// A sender has started: whatever it was given before is lost, and its slots
// are closed.  Until it hears `life` again, it may still be sent packets meant
// for the one before: those it drops.
struct Ready {
  std::uint64_t life = 0;
};
struct Closed {
  std::uint32_t slot = 0;
};

using ToSender = std::variant<Lookup, Errand>;
using FromSender = std::variant<Ready, Found, Report, Closed>;

// An errand's packet is at most kMaxErrandPacket when its prefix and its
// recipients are of the sizes SMTP knows; who sends it looks.
std::string to_packet(const ToSender& message);
std::string to_packet(const FromSender& message);
Result<ToSender> parse_to_sender(std::string_view packet);
Result<FromSender> parse_from_sender(std::string_view packet);

}  // namespace mail::deliver
