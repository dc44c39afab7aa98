// BinaryParts: messages with binary bodies become messages of text.
//
// A body that is binary (RFC 2045 6.2), or has NUL octets in it whatever its
// header says, becomes base64; the multiparts and messages around it, 8bit.
// All else stays byte by byte.
#pragma once

#include <functional>
#include <string_view>

namespace mail::mime {

// Gives the new message in pieces.
void without_binary(std::string_view message,
                    const std::function<void(std::string_view)>& write);

}  // namespace mail::mime
