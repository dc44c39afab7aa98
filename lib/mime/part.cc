#include "mime/part.h"

#include "mime/part_parser.h"

namespace mail::mime {
namespace {

// Part `number` of what a message holds: of its multipart, or itself.
const Part* content_part(const Part& content, std::uint32_t number) {
  if (number == 0) return nullptr;
  if (!content.is_multipart()) return number == 1 ? &content : nullptr;
  if (number > content.children.size()) return nullptr;
  return &content.children[number - 1];
}

std::string_view slice(std::string_view text, std::uint64_t offset,
                       std::uint64_t size) {
  if (offset > text.size() || size > text.size() - offset) return {};
  return text.substr(offset, size);
}

void shift(Part& part, std::uint64_t bytes) {
  part.header_offset += bytes;
  part.body_offset += bytes;
  for (Part& child : part.children) shift(child, bytes);
}

}  // namespace

std::string Part::file_name() const {
  std::string name = text_of(disposition_parameters, "filename");
  return name.empty() ? text_of(parameters, "name") : name;
}

Part parse_message(std::string_view message) {
  return parse_message(message, [](std::size_t) {});
}

Part parse_message(std::string_view message, const Passed& passed) {
  return PartParser(message, passed).run();
}

void add_prefix(Part& message, std::uint64_t bytes) {
  shift(message, bytes);
  message.header_offset -= bytes;
  message.header_size += bytes;
}

const Part* find_part(const Part& message,
                      std::span<const std::uint32_t> numbers) {
  const Part* part = &message;
  bool first = true;
  for (const std::uint32_t number : numbers) {
    if (first || part->is_multipart()) {
      part = content_part(*part, number);
    } else if (part->is_message() && !part->children.empty()) {
      part = content_part(part->children.front(), number);
    } else {
      return nullptr;
    }
    if (part == nullptr) return nullptr;
    first = false;
  }
  return part;
}

std::string_view header_of(std::string_view message, const Part& part) {
  return slice(message, part.header_offset, part.header_size);
}

std::string_view body_of(std::string_view message, const Part& part) {
  return slice(message, part.body_offset, part.body_size);
}

}  // namespace mail::mime
