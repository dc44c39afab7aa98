// Every byte string has a tree whose offsets fit it, and texts that are UTF-8.
#include <cstdint>
#include <string_view>

#include "base/ascii.h"
#include "base/fault.h"
#include "mime/base_subject.h"
#include "mime/bodies.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/html_text.h"
#include "mime/message_id.h"
#include "mime/part.h"
#include "mime/preview.h"

namespace {

using mail::require;
using namespace mail::mime;

// Whether the part lies in [begin, end); its children too, one after another.
void check(const Part& part, std::uint64_t begin, std::uint64_t end) {
  require(part.header_offset >= begin, "part begins too early");
  require(part.body_offset == part.header_offset + part.header_size, "header");
  require(part.body_offset + part.body_size <= end, "part ends too late");
  require(part.lines <= part.body_size, "lines");
  require(part.is_multipart()
              ? !part.children.empty()
              : part.children.size() == (part.is_message() ? 1u : 0u),
          "children");
  std::uint64_t at = part.body_offset;
  for (const Part& child : part.children) {
    check(child, at, part.body_offset + part.body_size);
    at = child.body_offset + child.body_size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Part root = parse_message(text);
  check(root, 0, size);
  require(mail::is_utf8(preview(text, root)), "preview");
  has_attachment(root);
  const Header header(text);
  require(header.size() == root.header_size, "two opinions on the header");
  for (const Field& field : header.fields()) {
    require(mail::is_utf8(decode_text(field.value)), "text");
    base_subject(field.value);
    message_ids(field.value);
  }
  require(mail::is_utf8(root.file_name()), "file name");
  html_to_text(text);
  return 0;
}
