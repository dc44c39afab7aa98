// Passwords: what we log in with at relay hosts.
//
// A file with a line each: the name a route calls it by, the user, and the
// password up to the end of the line.  '#' at the start makes a comment.
//
//   isp    ann@example.net    correct horse battery staple
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mail::relay {

struct Credentials {
  std::string user;
  std::string password;
};

class Passwords {
 public:
  // The Refusal names the bad lines, never what stands in them.
  static Result<Passwords> parse(std::string_view text);

  // Reads the file, none when the path is empty.  Throws an Exit (78) when it
  // is not there, wrong, or open to others than its owner and group.
  static Passwords load(const std::string& path);

  // Nothing when there is no such line.
  const Credentials* find(const std::string& name) const;

 private:
  std::map<std::string, Credentials> all_;
};

}  // namespace mail::relay
