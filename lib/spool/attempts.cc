#include "spool/attempts.h"

#include <algorithm>

#include "base/ascii.h"
#include "spool/fields.h"

namespace mail::spool {
namespace {

// Cut where a character begins.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kMaxAttemptText) return text;
  std::size_t end = kMaxAttemptText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace

std::string with_attempt(std::string_view history, const Attempt& attempt) {
  const auto lines = std::ranges::count(history, '\n');
  for (auto i = lines; i >= static_cast<std::ptrdiff_t>(kMaxAttemptsKept);
       --i) {
    history.remove_prefix(history.find('\n') + 1);
  }
  return std::string(history) +
         join_fields(std::vector<std::string>{
             std::to_string(attempt.at), std::string(shortened(attempt.host)),
             std::to_string(attempt.code),
             std::string(shortened(attempt.enhanced)),
             std::string(shortened(attempt.text))});
}

std::vector<Attempt> attempts_of(std::string_view history) {
  std::vector<Attempt> attempts;
  while (!history.empty()) {
    const auto end = history.find('\n');
    const auto fields = split_fields(history.substr(0, end));
    history.remove_prefix(end == history.npos ? history.size() : end + 1);
    if (!fields || fields->size() != 5) continue;
    const auto at = parse_number((*fields)[0]);
    const auto code = parse_number((*fields)[2]);
    if (!at || !code || *code > 999) continue;
    attempts.push_back({static_cast<Micros>(*at), (*fields)[1],
                        static_cast<int>(*code), (*fields)[3], (*fields)[4]});
  }
  return attempts;
}

}  // namespace mail::spool
