#include "mime/part_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/ascii.h"
#include "mime/content_fields.h"
#include "mime/header.h"

namespace mail::mime {
namespace {

constexpr std::size_t kStretch = 256 << 10;

void retype(Part& part, std::string_view type, std::string_view subtype) {
  part.type = type;
  part.subtype = subtype;
  part.parameters.clear();
}

void make_plain_text(Part& part) {
  retype(part, "text", "plain");
  part.parameters.push_back({"charset", "us-ascii"});
}

std::string_view without_end(std::string_view text, std::string_view blanks) {
  const std::size_t last = text.find_last_not_of(blanks);
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

}  // namespace

Part PartParser::run() {
  Part root;
  begin_part(root, 0);
  std::size_t at = 0;
  while (at < text_.size()) {
    const std::size_t end = line_end(at);
    line(at, end);
    if (text_[end - 1] == '\n') ++line_ends_;
    at = end;
  }
  end_headers(text_.size());
  while (!open_.empty()) finish_part(text_.size());
  return root;
}

// Behind the line end, or the end of the text.  Looks at a stretch at a time,
// so that what lies behind can be let go within the longest line.
std::size_t PartParser::line_end(std::size_t at) {
  while (at < text_.size()) {
    if (at >= told_ + kStretch) passed_(told_ = at);
    const std::size_t size = std::min(kStretch, text_.size() - at);
    const void* found = std::memchr(text_.data() + at, '\n', size);
    if (found != nullptr) {
      return static_cast<std::size_t>(static_cast<const char*>(found) -
                                      text_.data()) +
             1;
    }
    at += size;
  }
  return at;
}

void PartParser::line(std::size_t start, std::size_t end) {
  const std::string_view whole = text_.substr(start, end - start);
  if (!boundaries_.empty() && whole.starts_with("--")) {
    if (const auto found = delimiter(whole)) {
      return delimited(*found, start, end);
    }
  }
  if (!in_header_) return;
  std::string_view text = whole;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  header_line(start, end, text);
}

void PartParser::header_line(std::size_t start, std::size_t end,
                             std::string_view line) {
  if (line.empty()) {
    take_field(start);
    end_header(end, line_ends_ + (text_[end - 1] == '\n' ? 1 : 0));
    return;
  }
  if (field_ && is_blank(line.front())) return;  // folded
  const bool mbox = start == top().part->header_offset &&
                    (line.starts_with("From ") || line.starts_with(">From "));
  if (mbox) return;
  take_field(start);
  if (begins_field(line)) {
    field_ = start;
    return;
  }
  if (is_stray(line, text_.substr(end))) return;
  // No field: the body begins here; in a message/rfc822 the header of the
  // message inside, and then this line is no field of that one either.
  end_headers(start);
}

std::optional<PartParser::Delimiter> PartParser::delimiter(
    std::string_view line) const {
  line.remove_prefix(2);
  line = without_end(line, " \t\r\n");
  if (line.size() > longest_boundary_ + 2) return std::nullopt;
  if (const auto it = boundaries_.find(line); it != boundaries_.end()) {
    return Delimiter{it->second, false};
  }
  if (!line.ends_with("--")) return std::nullopt;
  line.remove_suffix(2);
  if (const auto it = boundaries_.find(line); it != boundaries_.end()) {
    return Delimiter{it->second, true};
  }
  return std::nullopt;
}

// Ends what is open below the multipart; begins its next part.
void PartParser::delimited(Delimiter found, std::size_t start,
                           std::size_t end) {
  end_headers(start);
  // RFC 2046 5.1.1: the line end before the boundary belongs to it.
  std::size_t body_end = start;
  if (body_end > 0 && text_[body_end - 1] == '\n') --body_end;
  if (body_end > 0 && text_[body_end - 1] == '\r') --body_end;
  // The part right below keeps the empty line behind its header, though its
  // line end is the boundary's too.
  if (open_.size() > found.level + 1) {
    body_end = std::max(
        body_end,
        static_cast<std::size_t>(open_[found.level + 1].part->body_offset));
  }
  while (open_.size() > found.level + 1) finish_part(body_end);
  if (found.closes || is_full()) return stop_delimiting(found.level);
  Part& parent = *top().part;
  Part& child = parent.children.emplace_back();
  if (parent.subtype == "digest") retype(child, "message", "rfc822");
  begin_part(child, end);
}

void PartParser::begin_part(Part& part, std::size_t offset) {
  ++parts_;
  part.header_offset = offset;
  if (part.type == "text") make_plain_text(part);
  open_.push_back({&part, 0, {}, {}});
  in_header_ = true;
  field_.reset();
  seen_ = 0;
}

bool PartParser::is_full() const {
  return parts_ >= kMaxParts || open_.size() >= kMaxDepth;
}

void PartParser::end_header(std::size_t offset, std::uint64_t line_ends) {
  in_header_ = false;
  field_.reset();
  Part& part = *top().part;
  part.header_size = offset - part.header_offset;
  part.body_offset = offset;
  top().first_line = line_ends;
  if (part.is_multipart()) return begin_multipart();
  if (!part.is_message()) return;
  if (is_full()) return retype(part, "application", "octet-stream");
  begin_part(part.children.emplace_back(), offset);
}

// Ends the header being read where a boundary, the end or a line that is no
// field cuts it short; then that of the message inside, if there is one.
void PartParser::end_headers(std::size_t offset) {
  while (in_header_) {
    take_field(offset);
    end_header(offset, line_ends_);
  }
}

void PartParser::begin_multipart() {
  const std::size_t level = open_.size() - 1;
  Part& part = *top().part;
  if (is_full()) return retype(part, "application", "octet-stream");
  const std::string boundary(
      without_end(raw_value(part.parameters, "boundary"), " \t"));
  if (boundary.empty()) return make_plain_text(part);
  const auto [it, added] = boundaries_.try_emplace(boundary, level);
  if (!added) top().shadowed = std::exchange(it->second, level);
  top().boundary = boundary;
  longest_boundary_ = std::max(longest_boundary_, boundary.size());
}

void PartParser::stop_delimiting(std::size_t level) {
  Level& at = open_[level];
  if (at.boundary.empty()) return;
  const auto it = boundaries_.find(at.boundary);
  if (at.shadowed) {
    it->second = *at.shadowed;
  } else {
    boundaries_.erase(it);
  }
  at.boundary.clear();
}

// `end`: where the body ends, a line end before a boundary already taken off.
// A header may end with that very line end: then it is cut.
void PartParser::finish_part(std::size_t end) {
  stop_delimiting(open_.size() - 1);
  Part& part = *top().part;
  if (part.body_offset > end) {
    part.header_offset = std::min<std::uint64_t>(part.header_offset, end);
    part.header_size = end - part.header_offset;
    part.body_offset = end;
  }
  if (end > part.body_offset) {
    part.body_size = end - part.body_offset;
    part.lines = line_ends_ - top().first_line;
    // line_ends_ counts up to the current line: the one taken off too.
    if (end < text_.size() && part.lines > 0) --part.lines;
    if (text_[end - 1] != '\n') ++part.lines;
  }
  if (part.is_multipart() && part.children.empty()) make_plain_text(part);
  open_.pop_back();
}

void PartParser::take_field(std::size_t end) {
  if (!field_) return;
  const std::string_view field = text_.substr(*field_, end - *field_);
  field_.reset();
  if (lower(field.front()) != 'c') return;
  const std::size_t colon = field.find(':');
  const auto number = content_field(trim(field.substr(0, colon)));
  if (!number || (seen_ & 1u << *number) != 0) return;
  seen_ |= 1u << *number;
  set_content_field(*top().part, *number, field.substr(colon + 1));
}

}  // namespace mail::mime
