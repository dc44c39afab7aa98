#include "imap/entry_name.h"

#include <algorithm>

#include "base/ascii.h"

namespace mail::imap {
namespace {

constexpr std::size_t kLongest = 255;

bool is_below(std::string_view name, std::string_view entry) {
  return name.size() > entry.size() && has_prefix(name, entry) &&
         name[entry.size()] == '/';
}

}  // namespace

bool is_entry_name(std::string_view name) {
  const bool scoped = same_text(name, "/private") ||
                      same_text(name, "/shared") ||
                      is_below(name, "/private") || is_below(name, "/shared");
  const bool printable = std::ranges::all_of(name, [](char c) {
    return c >= ' ' && c < 0x7f && c != '*' && c != '%';
  });
  return scoped && printable && name.size() <= kLongest &&
         name.find("//") == name.npos && !name.ends_with('/');
}

bool may_have_value(std::string_view name) {
  const auto components = std::ranges::count(name, '/');
  const std::string_view behind =
      name.substr(std::min(name.find('/', 1), name.size()));
  const bool vendor =
      same_text(behind, "/vendor") || is_below(behind, "/vendor");
  return components >= (vendor ? 4 : 2);
}

bool lies_below(std::string_view name, std::string_view entry, Depth depth) {
  if (same_text(name, entry)) return true;
  if (depth == Depth::Zero || !is_below(name, entry)) return false;
  return depth == Depth::Infinity ||
         name.find('/', entry.size() + 1) == name.npos;
}

}  // namespace mail::imap
