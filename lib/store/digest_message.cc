// A prefix holds header fields of ours in front of the message and changes
// nothing about its structure.  So the message is parsed where it lies,
// mapped, whatever its size, and only its header is put together with the
// prefix; then all offsets move by the length of the prefix.
#include "store/digest_message.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/fault.h"
#include "base/mapping.h"
#include "base/text.h"
#include "mime/address_list.h"
#include "mime/base_subject.h"
#include "mime/bodies.h"
#include "mime/date.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/message_id.h"
#include "mime/part.h"
#include "mime/preview.h"
#include "store/envelope_text.h"
#include "store/part_index.h"
#include "store/structure_text.h"

namespace mail::store {
namespace {

constexpr std::size_t kLongestSortKey = 200;

// Of a header, what envelope and sort keys are made from: one of 50 MB must
// not cost as much memory.
constexpr std::size_t kMostHeader = 2 * mime::kMaxValue;

// References looked up for one message: the newest say most.
constexpr std::size_t kMostReferences = 10;

std::string sort_key(std::string_view text) {
  return std::string(utf8_prefix(fold_case(text), kLongestSortKey));
}

// RFC 5256 section 3: the first address's local part; JMAP wants the name.
std::string address_key(const mime::Header& header, std::string_view field) {
  const auto list =
      mime::mailboxes(mime::parse_address_list(header.value(field)));
  if (list.empty()) return {};
  const auto& first = list.front();
  const std::string name = mime::decode_text(first.name);
  return sort_key(name.empty() ? first.address() : name);
}

void add_key(std::vector<std::int64_t>& keys, std::string_view id,
             std::string_view subject) {
  const std::string digest =
      blake2b(std::string(id) + '\0' + std::string(subject), 16);
  std::int64_t key = 0;
  std::memcpy(&key, digest.data(), sizeof key);
  if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
}

// Own id, what it answers, the root, then the rest from the newest on.
std::vector<std::int64_t> thread_keys(const mime::Header& header) {
  const auto base = mime::base_subject(header.value("Subject"));
  const std::string subject = fold_case(base.text);
  std::vector<std::int64_t> keys;
  const std::string own = mime::message_id(header.value("Message-ID"));
  if (!own.empty()) add_key(keys, own, subject);
  const auto answered = mime::message_id(header.value("In-Reply-To"));
  if (!answered.empty()) add_key(keys, answered, subject);
  const auto references = mime::message_ids(header.value("References"));
  if (!references.empty()) add_key(keys, references.front(), subject);
  std::size_t left = kMostReferences;
  for (auto id = references.rbegin(); id != references.rend() && left > 0;
       ++id, --left) {
    add_key(keys, *id, subject);
  }
  return keys;
}

void read_header(Digested& digested, const mime::Header& header) {
  if (const auto date = mime::parse_date(header.value("Date"))) {
    digested.sent_date = date->time;
  }
  digested.subject = sort_key(mime::base_subject(header.value("Subject")).text);
  digested.from = address_key(header, "From");
  digested.to = address_key(header, "To");
  digested.thread_keys = thread_keys(header);
  digested.cached.envelope = envelope_text(header);
}

Digested digest(std::string_view message, std::string_view prefix,
                const mime::Passed& passed) {
  Digested digested;
  digested.size = static_cast<std::int64_t>(prefix.size() + message.size());
  mime::Part root = mime::parse_message(message, passed);
  Cached& cached = digested.cached;
  cached.header = std::string(prefix);
  cached.header += mime::header_of(message, root).substr(0, kMostHeader);
  read_header(digested, mime::Header(cached.header));
  cached.bodystructure = structure_text(message, root, Structure::Extensible);
  cached.body = structure_text(message, root, Structure::Basic);
  cached.preview = mime::preview(message, root);
  digested.has_attachment = mime::has_attachment(root);
  mime::add_prefix(root, prefix.size());
  cached.parts = pack_parts(root);
  return digested;
}

}  // namespace

Digested digest_message(const Fd& file, std::int64_t length,
                        std::string_view prefix) {
  const Mapping mapping(file, static_cast<std::size_t>(length));
  return digest(mapping.view(), prefix,
                [&](std::size_t offset) { mapping.let_go(offset); });
}

Digested digest_message(std::string_view message, std::string_view prefix) {
  return digest(message, prefix, [](std::size_t) {});
}

}  // namespace mail::store
