// The base subject (RFC 5256 section 2.1): a subject without "Re:", "Fwd:",
// "[list]" and "(fwd)", for threads and SORT.
#pragma once

#include <string>
#include <string_view>

namespace mail::mime {

struct BaseSubject {
  std::string text;  // UTF-8, not case-folded
  bool reply_or_forward = false;
};

// `value`: the Subject field as it stands, folded and encoded.
BaseSubject base_subject(std::string_view value);

}  // namespace mail::mime
