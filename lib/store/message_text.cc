#include "store/message_text.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/text.h"
#include "mime/encoded_word.h"
#include "mime/html_text.h"
#include "mime/part.h"
#include "mime/preview.h"
#include "store/part_index.h"

namespace mail::store {
namespace {

constexpr std::uint64_t kSearched = 8 << 20;     // octets of a part
constexpr std::uint64_t kPartHeader = 64 << 10;  // of the header of a part
constexpr std::uint64_t kAtOnce = 64 << 10;      // small parts: one read

// A text part, from its own bytes alone.
std::string leaf_text(const mime::Part& kind, std::string_view body) {
  mime::Part part = kind;
  part.body_offset = 0;
  part.body_size = body.size();
  std::string text = mime::part_text(body, part, kSearched);
  if (part.subtype == "html") text = mime::html_to_text(text, kSearched);
  return fold_case(text);
}

// What the header of a part says about it to people and to other parts.
bool label_texts(const mime::Part& part, const UseText& use) {
  for (const std::string& text :
       {part.file_name(), mime::decode_text(part.description), part.id}) {
    if (!text.empty() && !use(fold_case(text))) return false;
  }
  return true;
}

// Of a part that holds others.
bool header_texts(const IndexedPart& part, const Content& content,
                  const UseText& use) {
  const auto size = std::min(part.header_size, kPartHeader);
  return label_texts(
      mime::parse_message(read_content(content, part.header_offset, size)),
      use);
}

// Header and body of a part lie behind each other.
bool leaf_texts(const IndexedPart& part, const Content& content,
                const UseText& use) {
  const auto head = std::min(part.header_size, kPartHeader);
  const auto size = std::min(part.body_size, kSearched);
  const bool at_once = part.header_size + size <= kAtOnce;
  std::string front = read_content(content, part.header_offset,
                                   at_once ? part.header_size + size : head);
  std::string body = at_once ? front.substr(part.header_size) : std::string();
  front.resize(head);
  const mime::Part kind = mime::parse_message(front);
  if (!label_texts(kind, use)) return false;
  if (kind.type != "text") return true;
  if (!at_once) body = read_content(content, part.body_offset, size);
  return use(leaf_text(kind, body));
}

bool part_texts(const PartIndex& index, const IndexedPart& part,
                const Content& content, const UseText& use) {
  if (part.kind == IndexedPart::Kind::Leaf) {
    return leaf_texts(part, content, use);
  }
  const bool outermost = &part == &index.root();  // the message's header
  if (!outermost && !header_texts(part, content, use)) return false;
  if (part.kind == IndexedPart::Kind::Multipart) return true;
  const IndexedPart* inside = index.inside(part);
  if (inside == nullptr) return true;
  const auto size = std::min(inside->header_size, kSearched);
  return use(header_text(read_content(content, inside->header_offset, size)));
}

}  // namespace

std::string read_content(const Content& content, std::uint64_t offset,
                         std::uint64_t size) {
  const std::string_view prefix = content.prefix;
  std::string out(
      prefix.substr(std::min<std::uint64_t>(offset, prefix.size()), size));
  const std::uint64_t rest = size - out.size();
  if (rest == 0) return out;
  const std::uint64_t from = offset + out.size() - prefix.size();
  out += content.file.read_at(static_cast<std::int64_t>(from), rest);
  if (out.size() != size) throw Fault("a message is cut short");
  return out;
}

std::optional<FieldTexts::Field> FieldTexts::next() {
  const auto field = reader_.next();
  if (!field) return {};
  return Field{lower(field->name), fold_case(mime::decode_text(field->value))};
}

std::string header_text(std::string_view header) {
  std::string out;
  FieldTexts fields(header);
  while (const auto field = fields.next()) {
    out += field->name;
    out += ": ";
    out += field->text;
    out += '\n';
  }
  return out;
}

void each_body_text(std::string_view parts, const Content& content,
                    const UseText& use) {
  const PartIndex index(parts);
  for (const IndexedPart& part : index.parts()) {
    if (!part_texts(index, part, content, use)) return;
  }
}

}  // namespace mail::store
