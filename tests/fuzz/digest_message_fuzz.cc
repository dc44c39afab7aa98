// What the store makes of a message: IMAP text whose brackets, quotes and
// literals fit, and an index whose parts lie inside of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/digest_message.h"
#include "store/part_index.h"

namespace {

// Steps over one string; npos when it is cut short.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    } else if (text[at] == '\r' || text[at] == '\n' || text[at] == '\0') {
      return text.npos;
    }
  }
  return text.npos;
}

std::size_t skip_literal(std::string_view text, std::size_t at) {
  const auto end = text.find("}\r\n", at);
  if (end == text.npos) return end;
  const auto size = std::strtoull(text.data() + at + 1, nullptr, 10);
  return end + 3 + size <= text.size() ? end + 3 + size : text.npos;
}

bool is_one_list(std::string_view text) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (depth == 0 && at > 0) return false;
    const char c = text[at];
    if (c == '"') {
      at = skip_quoted(text, at);
    } else if (c == '{') {
      at = skip_literal(text, at);
    } else {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      ++at;
    }
    if (at == text.npos || depth < 0) return false;
  }
  return depth == 0 && !text.empty();
}

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto digested = mail::store::digest_message(message);
  must(is_one_list(digested.cached.envelope));
  must(is_one_list(digested.cached.bodystructure));
  must(is_one_list(digested.cached.body));
  const mail::store::PartIndex index(digested.cached.parts);
  must(index.valid());
  for (const auto& part : index.parts()) {
    must(part.header_offset + part.header_size <= size);
    must(part.body_offset + part.body_size <= size);
  }
  return 0;
}
