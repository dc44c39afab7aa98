// Transaction: one message for some recipients, as a client sends it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mail::relay {

struct Recipient {
  std::string address;
  std::string orcpt;              // RFC 3461 4.2, still encoded; or empty
  std::string notify;             // RFC 3461 4.1; or empty
};

struct Transaction {
  std::int64_t length = 0;        // octets of the message in its file
  std::string prefix = {};        // header fields in front of it
  std::string sender = {};        // empty: the null sender
  std::string ret = {};
  std::string envid = {};
  bool smtputf8 = false;          // was said when it came
  bool has_8bit = false;
  bool has_leading_dot = false;
  bool require_tls = false;       // RFC 8689
  std::vector<Recipient> recipients = {};

  std::int64_t size() const {
    return length + static_cast<std::int64_t>(prefix.size());
  }
};

}  // namespace mail::relay
