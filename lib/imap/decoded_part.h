// DecodedPart: a part's body without its transfer encoding (RFC 3516).
//
// Decoded as it is read, piece by piece: nothing here grows with the part.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "imap/message_bytes.h"
#include "store/part_index.h"

namespace mail::imap {

class DecodedPart {
 public:
  DecodedPart(const MessageBytes& bytes, const store::IndexedPart& part)
      : bytes_(bytes), part_(part) {}

  // Whether its Content-Transfer-Encoding is one we know.
  bool known() const;
  // Whether the body is as it was sent: no decoding.
  bool plain() const;

  // Gives the decoded bytes of a range in pieces.
  using Use = std::function<void(std::string_view)>;
  void read(const Extent& range, const Use& use) const;

  // How many there are in the range: it decodes all of it.
  struct Measure {
    std::uint64_t size = 0;
    bool has_nul = false;
  };
  Measure measure(const Extent& range) const;

 private:
  void decode(const Use& use) const;

  const MessageBytes& bytes_;
  const store::IndexedPart& part_;
};

}  // namespace mail::imap
