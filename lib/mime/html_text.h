// HTML to plain text: for previews and search, not for display.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail::mime {

// Tags, comments, scripts and styles gone, character references resolved,
// blocks on lines of their own, white space collapsed.  UTF-8 in and out;
// linear, whatever the input.  Stops when `limit` bytes are written.
std::string html_to_text(std::string_view html,
                         std::size_t limit = std::string::npos);

}  // namespace mail::mime
