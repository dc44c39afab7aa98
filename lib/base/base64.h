// Base64 (RFC 4648 section 4), whole strings: for SASL and encoded words.
// Message bodies are decoded as a stream by mime/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

std::string base64_encode(std::string_view bytes);

// Strict: padding required, no white space, no bits left over.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace mail
