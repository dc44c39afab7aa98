#include "imap/command_buffer.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace mail::imap {
namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

struct Announced {
  std::uint64_t size = 0;
  bool waits = false;
};

// The literal that a line ends with: "...{12}" or "...{12+}" (RFC 7888).
std::optional<Announced> announced(std::string_view line) {
  if (!line.ends_with('}')) return {};
  line.remove_suffix(1);
  Announced out;
  out.waits = !line.ends_with('+');
  if (!out.waits) line.remove_suffix(1);
  const std::size_t brace = line.rfind('{');
  if (brace == line.npos) return {};
  const std::string_view digits = line.substr(brace + 1);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return {};
  // A number of more than 32 bits is no literal's, but what follows is meant
  // as one: too large.
  out.size = parse_number(digits).value_or(kHuge);
  return out;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

constexpr std::size_t kTail = 16;    // "{4294967295+}\r\n" is 15 long
constexpr std::size_t kFront = 128;  // enough for a tag

}  // namespace

void CommandBuffer::clear() {
  buffer_ = std::string();
  text_ = {};
  line_ = in_input_ = 0;
}

CommandBuffer::Step CommandBuffer::take(net::Input& in) {
  if (dropping_ && drop(in) == Step::More) return Step::More;
  if (missing_ > 0) {
    const auto piece = in.bytes().substr(0, missing_);
    buffer_ += piece;
    missing_ -= piece.size();
    line_ = buffer_.size();
    in.use(piece.size());
    if (missing_ > 0) return Step::More;
  }
  const std::string_view bytes = in.bytes();
  const std::size_t end = bytes.find('\n');
  const std::size_t size = std::min(end, bytes.size() - 1) + 1;
  if (buffer_.size() - line_ + size > limits_.line ||
      buffer_.size() + size > limits_.total) {
    return too_long(in);
  }
  const std::string_view line = bytes.substr(0, size);
  if (end != bytes.npos && buffer_.empty() &&
      !announced(without_line_end(line))) {
    text_ = without_line_end(line);
    in_input_ = size;
    return Step::Ready;
  }
  buffer_ += line;
  in.use(size);
  return end == bytes.npos ? Step::More : line_done();
}

CommandBuffer::Step CommandBuffer::line_done() {
  text_ = without_line_end(buffer_);
  const auto literal = announced(text_.substr(std::min(line_, text_.size())));
  if (!literal) return Step::Ready;
  literal_ = literal->size;
  waits_ = literal->waits;
  return Step::Literal;
}

CommandBuffer::Step CommandBuffer::too_long(net::Input& in) {
  buffer_ += in.bytes().substr(0, kFront);
  buffer_.resize(std::min(buffer_.size(), kFront));
  buffer_.shrink_to_fit();
  text_ = buffer_;
  line_ = 0;
  dropping_ = true;
  return Step::TooLong;
}

// Drops up to the end of the command.  buffer_ holds the tail of the line, to
// see whether a literal follows.
CommandBuffer::Step CommandBuffer::drop(net::Input& in) {
  text_ = {};
  for (;;) {
    const auto gone = std::min<std::uint64_t>(missing_, in.bytes().size());
    in.use(gone);
    missing_ -= gone;
    const std::string_view bytes = in.bytes();
    if (bytes.empty()) return Step::More;
    const std::size_t end = bytes.find('\n');
    const std::size_t size = std::min(end, bytes.size() - 1) + 1;
    buffer_ += bytes.substr(0, size).substr(size - std::min(size, kTail));
    buffer_.erase(0, buffer_.size() - std::min(buffer_.size(), kTail));
    in.use(size);
    if (end == bytes.npos) return Step::More;
    const auto literal = announced(without_line_end(buffer_));
    clear();
    if (!literal || literal->waits) break;
    missing_ = literal->size;
  }
  dropping_ = false;
  return Step::Ready;
}

void CommandBuffer::finish(net::Input& in) {
  in.use(in_input_);
  if (!dropping_) clear();
}

bool CommandBuffer::literal_fits() const {
  return literal_ <= limits_.literal &&
         buffer_.size() + literal_ <= limits_.total;
}

void CommandBuffer::accept() {
  // The reader wants a canonical line end behind "{n}".
  if (!buffer_.ends_with("\r\n")) buffer_.insert(buffer_.size() - 1, 1, '\r');
  missing_ = literal_;
  line_ = buffer_.size();
  text_ = {};
}

void CommandBuffer::refuse() {
  clear();
  if (!waits_) skip(literal_);
}

void CommandBuffer::hand_over() { clear(); }

void CommandBuffer::skip(std::uint64_t bytes) {
  clear();
  missing_ = bytes;
  dropping_ = true;
}

}  // namespace mail::imap
