// Result<T>: an answer, or the reason there is none.
//
// For outcomes the caller must look at: text that does not parse, a name that
// does not resolve, a password that does not match.  Trouble the caller cannot
// do anything about (a full disk, a locked database) is a Fault instead; see
// base/fault.h.
#pragma once

#include <expected>
#include <string>

namespace mail {

// Why an operation said no, in words fit for a log line or a reply.
struct Refusal {
  std::string why;
};

template <class T>
using Result = std::expected<T, Refusal>;

// Ends a function early:  return refuse("address has no domain");
inline std::unexpected<Refusal> refuse(std::string why) {
  return std::unexpected<Refusal>(Refusal{std::move(why)});
}

}  // namespace mail
