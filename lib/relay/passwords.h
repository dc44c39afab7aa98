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
#include "config/settings.h"

namespace mail::relay {

struct Credentials {
  std::string user;
  std::string password;
};

class Passwords {
 public:
  // The Refusal names the bad lines, never what stands in them.
  static Result<Passwords> parse(std::string_view text);

  // Reads the file that the settings name, none when they name none.  Refused
  // when it is not there, wrong, open to others than its owner and group, or
  // has no line for the login of a route.
  static Result<Passwords> read(const config::Settings& settings);

  // The same; throws an Exit (78).
  static Passwords load(const config::Settings& settings);

  // Nothing when there is no such line.
  const Credentials* find(const std::string& name) const;

  // Wipes them: for a process that has no use for them.
  void forget();

 private:
  std::map<std::string, Credentials> all_;
};

}  // namespace mail::relay
