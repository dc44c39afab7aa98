// IMAP text: strings as the server sends them (RFC 3501 section 4.3, 9).
#pragma once

#include <string>
#include <string_view>

namespace mail::store {

// Quoted when every byte may stand in quotes, else a literal.  NUL, which
// neither may hold, becomes a space.
void put_string(std::string& out, std::string_view text);

// NIL when it is empty.
void put_nstring(std::string& out, std::string_view text);

}  // namespace mail::store
