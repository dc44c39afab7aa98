#include "imap/search_match.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/date.h"
#include "mime/header.h"
#include "store/message_text.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

// Time and zone apart (RFC 3501 6.4.4).
std::int64_t day_of(Micros time) {
  return time / kDay - (time % kDay < 0 ? 1 : 0);
}

}  // namespace

bool Candidate::matches(const SearchKey& key) {
  const auto match = [&](const SearchKey& child) { return matches(child); };
  switch (key.kind) {
    case Kind::And:
      return std::ranges::all_of(key.children, match);
    case Kind::Or:
      return std::ranges::any_of(key.children, match);
    case Kind::Not:
      return !matches(key.children.front());
    case Kind::Body:
      return body_contains(key.text);
    case Kind::Text:
      return header_contains(key.text) || body_contains(key.text);
    default:
      break;
  }
  return key.kind >= Kind::SentBefore ? header_matches(key)
                                      : entry_matches(key);
}

bool Candidate::entry_matches(const SearchKey& key) {
  switch (key.kind) {
    case Kind::All:
      return true;
    case Kind::Flagged:
      return (entry_.flags & key.set) == key.set &&
             (entry_.flags & key.clear) == 0;
    case Kind::Keyword:
      return has_keyword(key.text);
    case Kind::Recent:
      return contains(work_.selected().recent, entry_.uid);
    case Kind::Uids:
      return contains(key.uids, entry_.uid);
    case Kind::Before:
      return day_of(entry_.internal_date) < key.number;
    case Kind::On:
      return day_of(entry_.internal_date) == key.number;
    case Kind::Since:
      return day_of(entry_.internal_date) >= key.number;
    case Kind::Older:
      return entry_.internal_date / kSecond <= key.number;
    case Kind::Younger:
      return entry_.internal_date / kSecond >= key.number;
    case Kind::Larger:
      return entry_.size > key.number;
    case Kind::Smaller:
      return entry_.size < key.number;
    case Kind::Modseq:
      return entry_.modseq >= key.number;
    case Kind::ThreadId:
      return entry_.thread == key.number;
    case Kind::SavedBefore:
      return day_of(entry_.save_date) < key.number;
    case Kind::SavedOn:
      return day_of(entry_.save_date) == key.number;
    case Kind::SavedSince:
      return day_of(entry_.save_date) >= key.number;
    default:
      return false;
  }
}

bool Candidate::has_keyword(const std::string& name) {
  if (entry_.keywords == 0) return false;
  const auto& names = work_.account().keywords(entry_.keywords);
  return std::ranges::any_of(names, [&](const std::string& keyword) {
    return same_text(keyword, name);
  });
}

const std::string& Candidate::header() {
  if (!cached_) {
    cached_ =
        work_.account().cached(entry_.email, store::kHeader | store::kParts);
    if (!cached_) cached_.emplace();  // gone: it has no text
  }
  return cached_->header;
}

const std::optional<std::int64_t>& Candidate::sent_day() {
  if (!sent_day_) {
    sent_day_.emplace();
    mime::FieldReader reader(header());
    while (const auto field = reader.next()) {
      if (!same_text(field->name, "Date")) continue;
      if (const auto date = mime::parse_date(field->value)) {
        *sent_day_ = date->day();
      }
      break;
    }
  }
  return *sent_day_;
}

bool Candidate::header_matches(const SearchKey& key) {
  if (key.kind == Kind::Header) return has_field(key);
  const auto& day = sent_day();
  if (!day) return false;
  if (key.kind == Kind::SentBefore) return *day < key.number;
  if (key.kind == Kind::SentOn) return *day == key.number;
  return *day >= key.number;
}

bool Candidate::has_field(const SearchKey& key) {
  store::FieldTexts fields(header());
  while (const auto field = fields.next()) {
    if (same_text(field->name, key.name) &&
        field->text.find(key.text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

bool Candidate::header_contains(const std::string& text) {
  return store::header_text(header()).find(text) != std::string::npos;
}

bool Candidate::body_contains(const std::string& text) {
  if (text.empty()) return true;
  header();
  const auto content = work_.account().content(entry_.email);
  if (!content) return false;
  bool found = false;
  store::each_body_text(cached_->parts, *content, [&](std::string_view piece) {
    found = piece.find(text) != piece.npos;
    return !found;
  });
  return found;
}

}  // namespace mail::imap
