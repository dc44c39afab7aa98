#include "deliver/notify.h"

#include "base/ascii.h"

namespace mail::deliver {
namespace {

std::string_view word_for(News news) {
  switch (news) {
    case News::Failure: return "FAILURE";
    case News::Delay: return "DELAY";
    case News::Success: break;
  }
  return "SUCCESS";
}

}  // namespace

bool wants(std::string_view notify, News news) {
  if (notify.empty()) return news != News::Success;
  for (const auto word : split(notify, ',')) {
    if (same_text(word, word_for(news))) return true;
  }
  return false;
}

std::string without_success(std::string_view notify) {
  if (notify.empty()) return {};
  std::string left;
  for (const auto word : split(notify, ',')) {
    if (same_text(word, "SUCCESS")) continue;
    left.append(left.empty() ? "" : ",").append(word);
  }
  return left.empty() ? "NEVER" : left;
}

}  // namespace mail::deliver
