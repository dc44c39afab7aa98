#include "mime/message_id.h"

#include "base/ascii.h"
#include "mime/header.h"
#include "mime/scan.h"

namespace mail::mime {
namespace {

// RFC 5322 2.1.1: no line is longer, so no id can be.
constexpr std::size_t kLongest = 998;

// Without white space, quotes and escapes: RFC 5256 section 3 compares
// <"a"@x> and <a@x> as equal.
std::string normal(std::string_view written) {
  std::string out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto c = static_cast<unsigned char>(written[i]);
    if (c <= ' ' || c == '"') continue;
    if (c == '\\' && i + 1 < written.size()) ++i;
    out += written[i];
  }
  return out.size() <= kLongest ? out : std::string();
}

// Each id as written, between its brackets.
std::vector<std::string_view> find_ids(std::string_view value) {
  std::vector<std::string_view> ids;
  Scanner scan(value);
  while (!scan.at_end()) {
    scan.skip_blank();
    if (!scan.take('<')) {
      if (!scan.at_end()) scan.skip(1);
      continue;
    }
    const std::string_view rest = scan.rest();
    const std::size_t end = rest.find_first_of("<>");
    const std::string_view id = rest.substr(0, end);
    scan.skip(id.size());
    if (!trim(id).empty()) ids.push_back(id);
  }
  return ids;
}

}  // namespace

std::vector<std::string> message_ids(std::string_view value) {
  value = value.substr(0, kMaxValue);
  std::vector<std::string_view> found = find_ids(value);
  if (found.empty()) {
    const std::string_view word = trim(value);
    const bool lone = word.find('@') != word.npos &&
                      word.find_first_of(" \t\r\n,;()") == word.npos;
    if (lone) found.push_back(word);
  }
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool keep = i == 0 || i + kMaxIds > found.size();
    std::string id = keep ? normal(found[i]) : std::string();
    if (!id.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

std::string message_id(std::string_view value) {
  auto ids = message_ids(value);
  return ids.empty() ? std::string() : std::move(ids.front());
}

}  // namespace mail::mime
