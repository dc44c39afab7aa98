// The resolver a daemon uses: local records first, then the network.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dns/resolver.h"

namespace mail::dns {

// The file at `path`, if its every line is a record; nothing for no path.  A
// process that starts others reads it once for all of them: what is wrong
// with it later is no reason for them to end.
Result<std::string> read_records(const std::string& path);

struct ResolverOptions {
  std::string records = {};  // what read_records() gave
  bool local_only = false;   // what they do not have does not exist
  std::vector<std::string> servers = {};  // empty: asks the root servers itself
  std::chrono::seconds deadline{20};   // of one question
};

// Reads no file but OpenSSL's own, starts threads at the first question: made
// before the cage closes.
std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options);

}  // namespace mail::dns
