// SASLprep (RFC 4013): user names and passwords in one form, by ICU.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

// Nothing when the text holds what is prohibited (control characters, private
// use), mixes directions, or is not UTF-8.  Characters newer than Unicode 3.2
// (emoji) are allowed, as in a query: RFC 3454 section 7.
std::optional<std::string> saslprep(std::string_view text);

}  // namespace mail
