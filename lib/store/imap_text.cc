#include "store/imap_text.h"

#include <algorithm>

namespace mail::store {
namespace {

// Longer ones are sent as literals: clients have line buffers.
constexpr std::size_t kLongestQuoted = 1'000;

// TEXT-CHAR: 7 bits, no CR, LF or NUL; other controls are better not quoted.
bool may_be_quoted(std::string_view text) {
  return text.size() <= kLongestQuoted && std::ranges::all_of(text, [](char c) {
           return (c >= 0x20 && c < 0x7f) || c == '\t';
         });
}

}  // namespace

void put_string(std::string& out, std::string_view text) {
  if (may_be_quoted(text)) {
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    return;
  }
  out += '{';
  out += std::to_string(text.size());
  out += "}\r\n";
  for (const char c : text) out += c == '\0' ? ' ' : c;
}

void put_nstring(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "NIL";
  } else {
    put_string(out, text);
  }
}

}  // namespace mail::store
