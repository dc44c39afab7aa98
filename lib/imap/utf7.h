// Modified UTF-7: how mailbox names travel (RFC 3501 section 5.1.3).
//
//   to_utf7("Entwürfe") == "Entw&APw-rfe"
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mail::imap {

// `name` is UTF-8.
std::string to_utf7(std::string_view name);

// The name in UTF-8.  Refused: 8-bit bytes, control characters, base64 that
// is cut short, stands for printable ASCII or follows base64, lone surrogates.
Result<std::string> from_utf7(std::string_view text);

}  // namespace mail::imap
