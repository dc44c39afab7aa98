// Header: the fields of a header section, as views into the text.
//
// A header ends with an empty line, at the end of the text, or before the
// first line that is no field (RFC 5322 section 2.2 and 3.6.8: printable ASCII
// and a colon; blanks before the colon are obsolete syntax and accepted).  A
// line ends with LF, with or without CR before it.  An mbox "From " line at the
// start is stepped over.  Nothing is copied: the text must outlive the object.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mail::mime {

// Fields above this number are not listed.
inline constexpr std::size_t kMaxFields = 10'000;

// What gives a field's value a meaning (texts, addresses, ids, parameters)
// reads so many bytes of it: a field of 50 MB must not cost as much memory.
inline constexpr std::size_t kMaxValue = 1 << 20;

struct Field {
  std::string_view name;   // as written, without blanks before the colon
  std::string_view value;  // all behind the colon, folded; no last line end
  std::string_view whole;  // from the name to the last line end, inclusive
};

// Whether this line (without its line end) can begin a field.
bool begins_field(std::string_view line);

// Whether a line that can begin none stands among fields all the same, since
// one follows right behind it: mailboxes of old and broken gateways have such
// lines, and the header does not end there.  Neither line is like a boundary.
bool is_stray(std::string_view line, std::string_view behind);

// Takes one field after the other from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text);

  // Nothing at the end of the header.
  std::optional<Field> next();

  // Bytes taken so far; behind the empty line when the end was reached.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t line_end(std::size_t from) const;

  std::string_view text_;
  std::size_t offset_ = 0;
};

class Header {
 public:
  // Reads the header at the front of a message, a part or a header section.
  explicit Header(std::string_view text);

  std::span<const Field> fields() const { return fields_; }

  // The first (or last) field of that name, the case apart, or nullptr.
  const Field* find(std::string_view name) const;
  const Field* find_last(std::string_view name) const;

  // The value of the first field of that name, folded as it stands and trimmed
  // of white space at both ends; empty when there is none.
  std::string_view value(std::string_view name) const;

  // Bytes of the header with its empty line: where the body begins.
  std::size_t size() const { return size_; }

 private:
  std::vector<Field> fields_;
  std::size_t size_ = 0;
};

// A field's value in one line: line ends taken out (RFC 5322 2.2.3), white
// space at both ends trimmed; stray CR, LF and NUL become spaces.  Other bytes
// stay as they are, whatever their charset.
std::string unfold(std::string_view value);

}  // namespace mail::mime
