// SortKey: what SORT orders by (RFC 5256 section 3, RFC 5957), and what
// THREAD looks at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/types.h"

namespace mail::store {

enum class SortKey {
  Arrival,
  Cc,
  Date,
  From,
  Size,
  Subject,
  To,
  DisplayFrom,
  DisplayTo,
};

// Whether the header is needed; Arrival, Date and Size are rows of the store.
bool is_text(SortKey by);

// A text that sorts, as bytes, like the header does: i;unicode-casemap.
std::string sort_text(SortKey by, std::string_view header);

// A number so that its bytes sort like it does.
std::string sort_number(std::int64_t number);

// What a message says of others, for THREAD=REFERENCES (RFC 5256): ids and
// subjects as hashes, 0 for none.
struct Reference {
  Uid uid = 0;
  bool reply = false;         // or a forward
  std::uint64_t id = 0;       // its own
  std::uint64_t subject = 0;  // the base subject
  std::vector<std::uint64_t> to;
};

Reference read_reference(Uid uid, std::string_view header);

}  // namespace mail::store
