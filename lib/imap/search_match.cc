#include "imap/search_match.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"
#include "mime/date.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/part.h"
#include "mime/preview.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

constexpr std::size_t kSearched = 8 << 20;  // octets of a part
constexpr std::uint64_t kPartHeader = 64 << 10;

bool contains_text(std::string_view text, const std::string& folded) {
  return folded.empty() || fold_case(text).find(folded) != std::string::npos;
}

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
      return contains_text(mime::decode_text(header()), key.text) ||
             body_contains(key.text);
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
    case Kind::EmailId:
      return entry_.email == key.number;
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
  mime::FieldReader reader(header());
  while (const auto field = reader.next()) {
    if (same_text(field->name, key.name) &&
        contains_text(mime::decode_text(field->value), key.text)) {
      return true;
    }
  }
  return false;
}

// A text part is read whole with its header in front, so that its charset is
// known; anything else is not text.  Of a message inside a message the header
// counts as text.
bool Candidate::part_contains(const store::PartIndex& index,
                              const store::IndexedPart& part,
                              const std::string& text,
                              const MessageBytes& bytes) {
  using Part = store::IndexedPart;
  if (part.kind == Part::Kind::Multipart) return false;
  if (part.kind == Part::Kind::Message) {
    const Part* inside = index.inside(part);
    if (inside == nullptr) return false;
    const auto size = std::min<std::uint64_t>(inside->header_size, kSearched);
    return contains_text(
        mime::decode_text(bytes.read({inside->header_offset, size})), text);
  }
  const auto head = std::min(part.header_size, kPartHeader);
  const std::string front = bytes.read({part.header_offset, head});
  const mime::Part kind = mime::parse_message(front);
  if (kind.type != "text") return false;
  const auto body = std::min<std::uint64_t>(part.body_size, kSearched);
  const std::string whole =
      bytes.read({part.header_offset, part.header_size + body});
  const mime::Part parsed = mime::parse_message(whole);
  return contains_text(mime::part_text(whole, parsed, kSearched), text);
}

bool Candidate::body_contains(const std::string& text) {
  if (text.empty()) return true;
  header();
  const store::PartIndex index(cached_->parts);
  if (!index.valid()) return false;
  auto content = work_.account().content(entry_.email);
  if (!content) return false;
  const MessageBytes bytes(std::move(*content));
  return std::ranges::any_of(index.parts(),
                             [&](const store::IndexedPart& part) {
                               return part_contains(index, part, text, bytes);
                             });
}

}  // namespace mail::imap
