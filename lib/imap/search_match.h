// Candidate: one message that a search looks at.
//
// Answers from the entry where it can, then from the cached header, and opens
// the message last.  Text is compared without regard to case, transfer
// encoding and charset (RFC 3501 section 6.4.4; store/message_text.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imap/search_key.h"
#include "imap/work.h"

namespace mail::imap {

class Candidate {
 public:
  Candidate(Work& work, const store::Entry& entry)
      : work_(work), entry_(entry) {}

  bool matches(const SearchKey& key);

 private:
  bool entry_matches(const SearchKey& key);
  bool header_matches(const SearchKey& key);
  bool has_keyword(const std::string& name);
  bool has_field(const SearchKey& key);
  bool header_contains(const std::string& text);
  bool body_contains(const std::string& text);
  const std::string& header();
  const std::optional<std::int64_t>& sent_day();

  Work& work_;
  const store::Entry& entry_;
  std::optional<store::Cached> cached_;
  std::optional<std::optional<std::int64_t>> sent_day_;
};

}  // namespace mail::imap
