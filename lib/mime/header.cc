#include "mime/header.h"

#include <cstring>

#include "base/ascii.h"

namespace mail::mime {
namespace {

constexpr std::size_t kLongestName = 998;  // RFC 5322 2.1.1: as a line

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool begins_field(std::string_view line) {
  std::size_t i = 0;
  while (i < line.size() && line[i] > ' ' && line[i] < 0x7F && line[i] != ':') {
    ++i;
  }
  if (i == 0) return false;
  while (i < line.size() && is_blank(line[i])) ++i;
  return i < line.size() && line[i] == ':';
}

bool is_stray(std::string_view line, std::string_view behind) {
  return !line.starts_with("--") && !behind.starts_with("--") &&
         begins_field(behind.substr(0, kLongestName));
}

FieldReader::FieldReader(std::string_view text) : text_(text) {
  if (!text_.starts_with("From ") && !text_.starts_with(">From ")) return;
  offset_ = line_end(0);
}

// Behind the LF of the line, or the end of the text.
std::size_t FieldReader::line_end(std::size_t from) const {
  const void* found =
      from < text_.size()
          ? std::memchr(text_.data() + from, '\n', text_.size() - from)
          : nullptr;
  if (found == nullptr) return text_.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) -
                                  text_.data()) +
         1;
}

std::optional<Field> FieldReader::next() {
  std::size_t start = offset_;
  if (start >= text_.size()) return std::nullopt;
  std::size_t end = line_end(start);
  const auto line = without_line_end(text_.substr(start, end - start));
  if (line.empty()) {
    offset_ = end;
    text_ = text_.substr(0, end);  // the header ends here, for good
    return std::nullopt;
  }
  if (!begins_field(line)) {
    if (!is_stray(line, text_.substr(end))) {
      text_ = text_.substr(0, start);
      return std::nullopt;
    }
    start = end;
    end = line_end(start);
  }
  while (end < text_.size() && is_blank(text_[end])) end = line_end(end);
  offset_ = end;

  Field field;
  field.whole = text_.substr(start, end - start);
  const std::size_t colon = field.whole.find(':');
  field.name = trim(field.whole.substr(0, colon));
  field.value = without_line_end(field.whole.substr(colon + 1));
  return field;
}

Header::Header(std::string_view text) {
  FieldReader reader(text);
  fields_.reserve(24);
  while (const auto field = reader.next()) {
    if (fields_.size() < kMaxFields) fields_.push_back(*field);
  }
  size_ = reader.offset();
}

const Field* Header::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_text(field.name, name)) return &field;
  }
  return nullptr;
}

const Field* Header::find_last(std::string_view name) const {
  const Field* found = nullptr;
  for (const Field& field : fields_) {
    if (same_text(field.name, name)) found = &field;
  }
  return found;
}

std::string_view Header::value(std::string_view name) const {
  const Field* field = find(name);
  return field != nullptr ? trim(field->value) : std::string_view();
}

std::string unfold(std::string_view value) {
  value = trim(value);
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
    const bool fold =
        c == '\n' && i + 1 < value.size() && is_blank(value[i + 1]);
    if (fold) continue;
    out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  return out;
}

}  // namespace mail::mime
