#include "store/part_index.h"

#include <limits>
#include <optional>

namespace mail::store {
namespace {

// One number after the other, seven bits a byte, least significant first.
// A part: kind, encoding, header offset, header size, body offset, body size,
// number of children, then the children.
void put(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>((number & 0x7f) | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

IndexedPart::Kind kind_of(const mime::Part& part) {
  if (part.is_multipart()) return IndexedPart::Kind::Multipart;
  if (part.is_message()) return IndexedPart::Kind::Message;
  return IndexedPart::Kind::Leaf;
}

void pack(std::string& out, const mime::Part& part) {
  put(out, static_cast<std::uint64_t>(kind_of(part)));
  put(out, static_cast<std::uint64_t>(part.transfer_encoding()));
  put(out, part.header_offset);
  put(out, part.header_size);
  put(out, part.body_offset);
  put(out, part.body_size);
  put(out, part.children.size());
  for (const auto& child : part.children) pack(out, child);
}

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::vector<IndexedPart> parts() {
    if (!part(0) || !rest_.empty()) return {};
    return std::move(parts_);
  }

 private:
  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (rest_.empty()) return {};
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    return {};
  }

  // The place of the part in the index.
  std::optional<std::uint32_t> part(std::size_t depth) {
    if (depth > mime::kMaxDepth + 1 || parts_.size() > 2 * mime::kMaxParts) {
      return {};
    }
    std::uint64_t fields[7] = {};
    for (auto& field : fields) {
      const auto value = number();
      if (!value) return {};
      field = *value;
    }
    if (fields[0] > 2 || fields[1] > 2 || fields[6] > 2 * mime::kMaxParts) {
      return {};
    }
    const auto place = static_cast<std::uint32_t>(parts_.size());
    IndexedPart made;
    made.kind = static_cast<IndexedPart::Kind>(fields[0]);
    made.encoding = static_cast<mime::Encoding>(fields[1]);
    made.header_offset = fields[2];
    made.header_size = fields[3];
    made.body_offset = fields[4];
    made.body_size = fields[5];
    parts_.push_back(std::move(made));
    for (std::uint64_t i = 0; i < fields[6]; ++i) {
      const auto child = part(depth + 1);
      if (!child) return {};
      parts_[place].children.push_back(*child);
    }
    return place;
  }

  std::string_view rest_;
  std::vector<IndexedPart> parts_;
};

}  // namespace

std::string pack_parts(const mime::Part& message) {
  std::string out;
  pack(out, message);
  return out;
}

PartIndex::PartIndex(std::string_view packed)
    : parts_(Unpacker(packed).parts()) {}

const IndexedPart* PartIndex::inside(const IndexedPart& part) const {
  if (part.kind != IndexedPart::Kind::Message || part.children.empty()) {
    return nullptr;
  }
  return &parts_[part.children.front()];
}

const IndexedPart* PartIndex::content(const IndexedPart& of,
                                      std::uint32_t number) const {
  if (of.kind != IndexedPart::Kind::Multipart) {
    return number == 1 ? &of : nullptr;
  }
  if (number < 1 || number > of.children.size()) return nullptr;
  return &parts_[of.children[number - 1]];
}

const IndexedPart* PartIndex::find(
    std::span<const std::uint32_t> numbers) const {
  if (!valid()) return nullptr;
  const IndexedPart* part = &root();
  bool first = true;
  for (const std::uint32_t number : numbers) {
    if (first || part->kind == IndexedPart::Kind::Multipart) {
      part = content(*part, number);
    } else if (const IndexedPart* message = inside(*part)) {
      part = content(*message, number);
    } else {
      return nullptr;
    }
    if (part == nullptr) return nullptr;
    first = false;
  }
  return part;
}

}  // namespace mail::store
