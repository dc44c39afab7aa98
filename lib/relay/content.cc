#include "relay/content.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/fault.h"

namespace mail::relay {
namespace {

constexpr std::size_t kPiece = 64 << 10;
constexpr std::int64_t kSendFilePiece = 1 << 20;
constexpr std::size_t kMostHeader = 256 << 10;
constexpr std::string_view kEnd = ".\r\n";

// Appends `text` with a second dot where a line starts with one; `at_start`
// says whether its first byte starts a line.
void append_stuffed(std::string& out, std::string_view text, bool at_start) {
  if (at_start && text.starts_with('.')) out += '.';
  while (true) {
    const std::size_t dot = text.find("\n.");
    if (dot == text.npos) break;
    out.append(text.substr(0, dot + 2)) += '.';
    text.remove_prefix(dot + 2);
  }
  out += text;
}

}  // namespace

std::string Content::read(std::int64_t offset, std::size_t size) const {
  std::string piece = file_->read_at(offset, size);
  if (piece.size() != size) throw Fault("the message's file is too short");
  return piece;
}

bool Content::utf8_header() const {
  const auto size = static_cast<std::size_t>(
      std::min<std::int64_t>(transaction_.length, kMostHeader));
  const std::string text = read(0, size);
  const std::size_t end = text.find("\r\n\r\n");
  return !is_ascii(transaction_.prefix) ||
         !is_ascii(std::string_view(text).substr(0, end));
}

bool Content::pieces(const Sink& sink) const {
  if (downgrade_ != nullptr) return downgrade_->write(sink);
  std::int64_t at = 0;
  while (at < transaction_.length) {
    const auto size = static_cast<std::size_t>(
        std::min<std::int64_t>(transaction_.length - at, kPiece));
    if (!sink(read(at, size))) return false;
    at += static_cast<std::int64_t>(size);
  }
  return true;
}

// The pieces are cut anywhere: a line's start may be the next one's first
// byte.
bool Content::send_pieces(Wire& wire, Framing framing, std::string block,
                          const Pace& pace) const {
  const bool dots = framing == Framing::Dots;
  const bool stuff = dots && transaction_.has_leading_dot;
  char last = '\n';
  const auto flush = [&] {
    wire.patience(pace.next());
    const bool sent = wire.send(block);
    block.clear();
    return sent;
  };
  const bool whole = pieces([&](std::string_view piece) {
    if (block.size() >= kPiece && !flush()) return false;
    if (stuff) {
      append_stuffed(block, piece, last == '\n');
    } else {
      block += piece;
    }
    if (!piece.empty()) last = piece.back();
    return true;
  });
  if (!whole) return false;
  if (dots) block.append(last == '\n' ? "" : "\r\n").append(kEnd);
  return block.empty() || flush();
}

bool Content::send_whole(Wire& wire, Framing framing, const std::string& front,
                         const Pace& pace) const {
  const bool whole_lines =
      transaction_.length == 0 || read(transaction_.length - 1, 1) == "\n";
  wire.patience(pace.next());
  if (!front.empty() && !wire.send_more(front)) return false;
  for (std::int64_t at = 0; at < transaction_.length; at += kSendFilePiece) {
    wire.patience(pace.next());
    const auto size = std::min(transaction_.length - at, kSendFilePiece);
    if (!wire.send_file(*file_, at, size)) return false;
  }
  if (framing == Framing::Chunk) return true;
  wire.patience(pace.next());
  return wire.send(whole_lines ? std::string(kEnd)
                               : "\r\n" + std::string(kEnd));
}

bool Content::send(Wire& wire, Framing framing,
                   const Deadlines& deadlines) const {
  std::string front;
  if (framing == Framing::Chunk) {
    front = "BDAT " + std::to_string(transaction_.size()) + " LAST\r\n";
  }
  front += transaction_.prefix;
  const bool changed =
      framing == Framing::Dots && transaction_.has_leading_dot;
  const bool small =
      transaction_.length <= static_cast<std::int64_t>(kPiece);
  const Pace pace(deadlines.block, deadlines.message(transaction_.size()));
  if (downgrade_ || small || changed || !wire.can_send_file()) {
    return send_pieces(wire, framing, std::move(front), pace);
  }
  return send_whole(wire, framing, front, pace);
}

}  // namespace mail::relay
