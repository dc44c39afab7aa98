// Capabilities: what this server can do (RFC 3501 sections 6.1.1 and 7.2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mail::imap {

class Reader;

// After login; without the word CAPABILITY.  `append_limit`: of RFC 7889, the
// largest message that APPEND takes.
std::string capabilities(std::int64_t append_limit);

// Before login.
struct LoginOffer {
  std::vector<std::string> mechanisms;
  bool starttls = false;
  bool login = false;  // LOGIN is allowed
  std::int64_t append_limit = 0;
};
std::string capabilities(const LoginOffer& offer);

// "* ID (...)", for ID (RFC 2971).
std::string_view identity();

// Its argument: NIL, or pairs (RFC 2971 3.1); what the client says of itself
// is read and let go.
void read_client_id(Reader& args);

}  // namespace mail::imap
