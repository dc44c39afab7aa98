// The resolver a daemon uses: local records first, then the network.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "dns/resolver.h"

namespace mail::dns {

struct ResolverOptions {
  std::string records = {};  // a file of local records, or empty
  bool local_only = false;   // what the file does not have does not exist
  std::vector<std::string> servers = {};  // empty: asks the root servers itself
  std::chrono::seconds deadline{20};   // of one question
};

// Reads its files now, starts threads at the first question: made before the
// cage closes.  Throws an Exit (78) when the file of records is wrong.
std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options);

}  // namespace mail::dns
