// Message text: what a search for text looks through (RFC 3501 6.4.4).
//
// The index of words (store/word_index.h) and whoever looks at one message
// read the same text here, so that they never disagree: transfer encodings
// and charsets undone, encoded words decoded, HTML as text, the case folded.
// The header is a line a field; the body is the text parts, the file names,
// descriptions and Content-IDs of all parts, and the headers of messages
// inside the message.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mime/header.h"
#include "store/account.h"

namespace mail::store {

// Octets of a message, prefix included; a Fault when it is shorter.
std::string read_content(const Content& content, std::uint64_t offset,
                         std::uint64_t size);

// Fields one after the other.
class FieldTexts {
 public:
  struct Field {
    std::string name;  // lower case
    std::string text;  // folded
  };

  // The header must outlive the object.
  explicit FieldTexts(std::string_view header) : reader_(header) {}
  std::optional<Field> next();

 private:
  mime::FieldReader reader_;
};

// "name: text\n" of every field.
std::string header_text(std::string_view header);

// Each piece of the body, until `use` says false.  `parts` as the cache has
// them; what is no part tree has no text.
using UseText = std::function<bool(std::string_view folded)>;
void each_body_text(std::string_view parts, const Content& content,
                    const UseText& use);

}  // namespace mail::store
