#include "imap/decoded_part.h"

#include <algorithm>

#include "mime/part.h"

namespace mail::imap {
namespace {

constexpr std::uint64_t kPiece = 48 << 10;
constexpr std::uint64_t kHeader = 64 << 10;  // of a part, looked at

}  // namespace

bool DecodedPart::plain() const {
  return part_.kind != store::IndexedPart::Kind::Leaf ||
         part_.encoding == mime::Encoding::Identity;
}

bool DecodedPart::known() const {
  if (part_.encoding != mime::Encoding::Identity) return true;
  const std::string name =
      mime::parse_message(bytes_.read({part_.header_offset,
                                       std::min(part_.header_size, kHeader)}))
          .encoding;
  return name == "7bit" || name == "8bit" || name == "binary";
}

void DecodedPart::decode(const Use& use) const {
  mime::Decoder decoder(plain() ? mime::Encoding::Identity : part_.encoding);
  const std::uint64_t end = part_.body_offset + part_.body_size;
  for (std::uint64_t at = part_.body_offset; at < end; at += kPiece) {
    use(decoder.add(bytes_.read({at, std::min(kPiece, end - at)})));
  }
  use(decoder.finish());
}

void DecodedPart::read(const Extent& range, const Use& use) const {
  std::uint64_t skip = range.offset, left = range.size;
  decode([&](std::string_view piece) {
    const std::uint64_t skipped = std::min<std::uint64_t>(skip, piece.size());
    skip -= skipped;
    piece = piece.substr(skipped, left);
    left -= piece.size();
    if (!piece.empty()) use(piece);
  });
}

DecodedPart::Measure DecodedPart::measure(const Extent& range) const {
  Measure out;
  read(range, [&](std::string_view piece) {
    out.size += piece.size();
    out.has_nul |= piece.find('\0') != piece.npos;
  });
  return out;
}

}  // namespace mail::imap
