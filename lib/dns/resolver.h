// Resolver: questions to the DNS, and the three things that can come of them.
//
//   const auto mx = resolver.mx("example.org");
//   if (mx.later()) ...                 // 4xx: nobody knows, ask again
//   if (mx.none()) ...                  // certain: no such records
//   for (const dns::Mx& m : mx.records) ...
//
// "Try later" (no answer in time, SERVFAIL, data that fails validation) is
// never mixed up with "does not exist".  Answers are bounded: at most 100
// records.  Calls block, up to the resolver's deadline, and may come from any
// thread.  Names are given and returned in ASCII (A-labels), without the dot
// at the end; case does not count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mail::dns {

enum class Type : std::uint16_t {
  A = 1,
  Cname = 5,
  Ptr = 12,
  Mx = 15,
  Txt = 16,
  Aaaa = 28,
  Tlsa = 52,
};

enum class Outcome { Found, None, TryLater };

template <class T>
struct Answer {
  Outcome outcome = Outcome::TryLater;
  std::vector<T> records;      // not empty when Found
  bool secure = false;         // proved by DNSSEC, also when there are none
  bool no_such_name = false;   // None because the name itself is not there
  std::uint32_t ttl = 0;       // seconds the answer may be kept
  std::string why;             // for TryLater, fit for a log line

  bool found() const { return outcome == Outcome::Found; }
  bool none() const { return outcome == Outcome::None; }
  bool later() const { return outcome == Outcome::TryLater; }
};

// RFC 7505: a host of "" is the null MX, "takes no mail".
struct Mx {
  std::uint16_t preference = 0;
  std::string host;
};

// RFC 6698 section 2.1.
struct Tlsa {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  std::string data;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  // Records as rdata in wire form; aliases (CNAME) are followed.
  virtual Answer<std::string> ask(std::string_view name, Type type) = 0;

  // The same, read.  A record that is malformed counts as not there.
  Answer<Mx> mx(std::string_view domain);             // by preference
  Answer<std::string> a(std::string_view host);       // "192.0.2.1"
  Answer<std::string> aaaa(std::string_view host);    // "2001:db8::1"
  Answer<std::string> ptr(std::string_view address);  // of an IP address
  Answer<std::string> txt(std::string_view name);     // strings joined
  Answer<Tlsa> tlsa(std::string_view name);           // "_25._tcp.mx.example"
};

// "1.2.0.192.in-addr.arpa"; empty when `address` is none.
std::string reverse_name(std::string_view address);

// The form in which names are asked for and compared: lower case, no dot at
// the end.  Empty when it is no name that could be in the DNS.
std::string canonical_name(std::string_view name);

}  // namespace mail::dns
