#include "store/sort_key.h"

#include <cstring>

#include "base/digest.h"
#include "base/text.h"
#include "mime/address_list.h"
#include "mime/base_subject.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/message_id.h"

namespace mail::store {
namespace {

constexpr std::size_t kLongest = 1'000;

// The first id and the newest are enough to find the ancestors.
constexpr std::size_t kMostReferences = 100;

mime::Listed first_address(const mime::Header& header, std::string_view field) {
  auto list = mime::parse_address_list(header.value(field));
  return list.empty() ? mime::Listed{} : std::move(list.front());
}

// addr-mailbox of RFC 3501 7.4.2: of a group, its name.
std::string mailbox_text(const mime::Header& header, std::string_view field) {
  const mime::Listed first = first_address(header, field);
  return first.kind == mime::Listed::Kind::GroupStart ? first.name
                                                      : first.local;
}

// RFC 5957 section 3.
std::string display_text(const mime::Header& header, std::string_view field) {
  const mime::Listed first = first_address(header, field);
  std::string name = mime::decode_text(first.name);
  if (!name.empty()) return name;
  if (first.domain.empty()) return first.local;
  return first.local + '@' + first.domain;
}

std::string text_of(SortKey by, const mime::Header& header) {
  switch (by) {
    case SortKey::Cc:
      return mailbox_text(header, "Cc");
    case SortKey::From:
      return mailbox_text(header, "From");
    case SortKey::To:
      return mailbox_text(header, "To");
    case SortKey::DisplayFrom:
      return display_text(header, "From");
    case SortKey::DisplayTo:
      return display_text(header, "To");
    default:
      return mime::base_subject(header.value("Subject")).text;
  }
}

std::uint64_t hash(std::string_view text) {
  if (text.empty()) return 0;
  const std::string digest = blake2b(text, 16);
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number == 0 ? 1 : number;
}

}  // namespace

bool is_text(SortKey by) {
  return by != SortKey::Arrival && by != SortKey::Date && by != SortKey::Size;
}

std::string sort_text(SortKey by, std::string_view header) {
  const std::string text = text_of(by, mime::Header(header));
  return casemap(utf8_prefix(text, kLongest));
}

std::string sort_number(std::int64_t number) {
  auto bits = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
  std::string out(sizeof bits, '\0');
  for (auto byte = out.rbegin(); byte != out.rend(); ++byte) {
    *byte = static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  return out;
}

Reference read_reference(Uid uid, std::string_view text) {
  const mime::Header header(text);
  const auto subject = mime::base_subject(header.value("Subject"));
  Reference out;
  out.uid = uid;
  out.reply = subject.reply_or_forward;
  out.subject = hash(casemap(subject.text));
  out.id = hash(mime::message_id(header.value("Message-ID")));
  const auto references = mime::message_ids(header.value("References"));
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (i > 0 && i + kMostReferences <= references.size()) continue;
    out.to.push_back(hash(references[i]));
  }
  if (out.to.empty()) {
    const auto answered = mime::message_id(header.value("In-Reply-To"));
    if (!answered.empty()) out.to.push_back(hash(answered));
  }
  return out;
}

}  // namespace mail::store
