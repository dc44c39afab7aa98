// Known flags: the FLAGS and PERMANENTFLAGS that a client has been told of
// (RFC 3501 7.1, 7.2.6).  A keyword is told before the first FETCH that shows
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mail::imap {

class Work;

struct KnownFlags {
  // Of sets whose names are all known; of names, by their hashes.  Sorted.
  std::vector<std::int64_t> sets;
  std::vector<std::size_t> names;
};

// Behind SELECT, and whenever a keyword is new to the client.
void send_known_flags(Work& work);

// Makes the keywords of a set known.
void tell_keywords(Work& work, std::int64_t set);

}  // namespace mail::imap
