#include "imap/response.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "imap/reader.h"
#include "imap/utf7.h"

namespace mail::imap {
namespace {

constexpr std::size_t kGather = 64 << 10;
constexpr std::size_t kMostFiles = 32;
constexpr std::int64_t kGatherFiles = 1 << 20;

// What a quoted string may hold: TEXT-CHAR, which is 7-bit without CR and LF.
bool can_be_quoted(std::string_view bytes) {
  return bytes.size() <= 1000 && std::ranges::all_of(bytes, [](char c) {
           return (c >= ' ' && c < 0x7f) || c == '\t';
         });
}

}  // namespace

Response& Response::add(std::string_view bytes) {
  buffer_ += bytes;
  return *this;
}

Response& Response::add(char c) {
  buffer_ += c;
  return *this;
}

Response& Response::number(std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  buffer_.append(digits, end);
  return *this;
}

Response& Response::string(std::string_view bytes) {
  if (!can_be_quoted(bytes)) return literal(bytes);
  add('"');
  for (const char c : bytes) {
    if (c == '"' || c == '\\') add('\\');
    add(c);
  }
  return add('"');
}

Response& Response::literal(std::string_view bytes) {
  add('{').number(static_cast<std::int64_t>(bytes.size())).add("}\r\n");
  return add(bytes);
}

Response& Response::astring(std::string_view bytes) {
  const bool atom = !bytes.empty() && !same_text(bytes, "NIL") &&
                    std::ranges::all_of(bytes, is_astring_char);
  return atom ? add(bytes) : string(bytes);
}

Response& Response::mailbox(std::string_view name) {
  return astring(to_utf7(name));
}

Response& Response::file(Fd file, std::int64_t offset, std::int64_t length) {
  file_bytes_ += length;
  pieces_.push_back({buffer_.size(), std::move(file), offset, length});
  return *this;
}

void Response::end_line() {
  add("\r\n");
  cut_ = false;
  line_ = buffer_.size();
  line_pieces_ = pieces_.size();
}

void Response::untagged(std::string_view text) {
  add("* ").add(text).end_line();
}

bool Response::take_back() {
  buffer_.resize(line_);
  pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(line_pieces_),
                pieces_.end());
  return !flushing_ && !cut_;
}

bool Response::full() const {
  return buffer_.size() >= kGather || pieces_.size() >= kMostFiles ||
         file_bytes_ >= kGatherFiles;
}

void Response::flush() {
  if (buffer_.empty()) return;
  cut_ = cut_ || line_ != buffer_.size();
  flushing_ = true;
  const std::string_view text = buffer_;
  std::size_t sent = 0;
  for (const Piece& piece : pieces_) {
    out_.write(text.substr(sent, piece.at - sent));
    out_.write_file(piece.file.number(), piece.offset, piece.length);
    sent = piece.at;
  }
  out_.write(text.substr(sent));
  buffer_.clear();
  pieces_.clear();
  line_ = line_pieces_ = 0;
  file_bytes_ = 0;
  flushing_ = false;
}

void add_flags(Response& out, store::Flags flags) {
  static constexpr struct {
    store::Flags flag;
    std::string_view name;
  } kNames[] = {
      {store::kAnswered, "\\Answered"}, {store::kFlagged, "\\Flagged"},
      {store::kDeleted, "\\Deleted"},   {store::kSeen, "\\Seen"},
      {store::kDraft, "\\Draft"},
  };
  bool first = true;
  for (const auto& [flag, name] : kNames) {
    if (!(flags & flag)) continue;
    if (!first) out.add(' ');
    out.add(name);
    first = false;
  }
}

}  // namespace mail::imap
