// Consignment: what of one message goes to one domain, in one transaction.
//
// Domains of one site are never mixed: servers refuse that.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "deliver/message.h"
#include "directory/directory.h"

namespace mail::deliver {

struct Consignment {
  Message* message = nullptr;  // lives for as long as it has parcels
  std::string domain;
  std::vector<std::size_t> targets;  // of the message: an errand's at most
  std::size_t hop = 0;               // of its route: those before have failed
  int refusals = 0;                  // by a busy site, in this attempt
  Micros retry = 0;                  // of its route; 0: as all others
  Micros since = steady_time();      // it waits, for an answer or a connection
};

using Messages = std::set<const Message*>;

// What is due of it for other servers and not out, by domain.
std::vector<Consignment> consign(Message& message);

// A domain may have become ours while its mail waited: it does not leave any
// more, but ends where the directory says.
void keep_local(Message& message, directory::Directory& directory);

}  // namespace mail::deliver
