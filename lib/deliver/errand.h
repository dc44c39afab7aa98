// Errand: one transaction with another server, from the scheduler to a sender
// and back; and the question where a domain's mail goes.
//
//   scheduler -> sender   lookup NUMBER DOMAIN
//                         errand NUMBER SLOT ... (+ the message's descriptor)
//   sender -> scheduler   ready
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

namespace mail::deliver {

inline constexpr std::size_t kMaxErrandPacket = 128 << 10;
inline constexpr std::size_t kMaxErrandRecipients = 100;

// Where a message goes next: one step of a route.
struct Hop {
  enum class Kind { Mx, Host };   // the domain's MX hosts, or this very host
  enum class Protocol { Smtp, Lmtp };
  enum class Tls {
    May,        // when offered; whatever certificate (RFC 7435)
    Required,   // or no mail
    Verified,   // and the certificate is of that host
    Implicit,   // Verified, from the first byte on (RFC 8314)
  };
  Kind kind = Kind::Mx;
  std::string name;               // domain, host, or IP address; canonical
  std::uint16_t port = 25;
  Protocol protocol = Protocol::Smtp;
  Tls tls = Tls::May;
  std::string login;              // a line of the password file; or empty
};

// An exchange host of a site, as the DNS gave it.
struct Exchange {
  std::uint16_t preference = 0;
  std::string host;
};

struct Lookup {
  std::uint64_t number = 0;
  std::string domain;
};

struct Found {
  enum class Outcome {
    Hosts,      // `hosts`: the MX, or the domain itself (RFC 5321 5.1)
    NoMail,     // null MX (RFC 7505)
    NoDomain,   // neither MX nor address
    TryLater,
  };
  std::uint64_t number = 0;
  Outcome outcome = Outcome::TryLater;
  std::vector<Exchange> hosts;    // by preference; at most 100
  std::string site;               // the set of hosts in one word: its key
  std::uint32_t ttl = 0;          // seconds
  std::string why;
};

struct ErrandRecipient {
  std::string address;
  std::string orcpt;              // as in the envelope: RFC 3461 4.2
  std::string notify;
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
  bool has_long_line = false;
  bool has_leading_dot = false;
  bool require_tls = false;       // RFC 8689
  std::vector<ErrandRecipient> recipients;
};

// What a server said about one recipient, or what kept us from asking it.
struct Verdict {
  enum class Outcome { Delivered, Temporary, Permanent };
  Outcome outcome = Outcome::Temporary;
  int code = 0;                   // 250, 450 ...; 0: no reply
  std::string enhanced;           // "4.7.1"; ours when the server gave none
  std::string text;               // printable, one line, bounded
};

struct Report {
  // What it says about the site.
  enum class Site {
    Fine,       // it answered as a server does
    Busy,       // 421, or the connection was refused: fewer of them
    Dead,       // no host of it could be talked to
  };
  std::uint64_t number = 0;
  std::uint32_t slot = 0;
  Site site = Site::Fine;
  bool open = false;              // the connection waits for more
  bool dsn = false;               // the server took over RFC 3461's duties
  std::string host;               // the server's name, empty when none
  std::string address;            // and its IP address
  std::string tls;                // "TLSv1.3 TLS_AES_256_GCM_SHA384"
  std::vector<Verdict> verdicts;  // of each recipient
};

struct Ready {};
struct Closed {
  std::uint32_t slot = 0;
};

using ToSender = std::variant<Lookup, Errand>;
using FromSender = std::variant<Ready, Found, Report, Closed>;

std::string to_packet(const ToSender& message);
std::string to_packet(const FromSender& message);
Result<ToSender> parse_to_sender(std::string_view packet);
Result<FromSender> parse_from_sender(std::string_view packet);

}  // namespace mail::deliver
