// MessageBytes: the bytes of one message, as far as they are asked for.
//
// Reads from the cache what is there, opens the message only when it must.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "imap/fetch_items.h"
#include "imap/response.h"
#include "store/account.h"
#include "store/part_index.h"

namespace mail::imap {

// Octets of a message, counted from its first.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// The octets a section means; of Fields and FieldsNot: the whole header they
// are chosen from.  Nothing when the message has no such part.
std::optional<Extent> extent_of(const store::PartIndex& index,
                                const Section& section);

// The fields of a header section that a Fields or FieldsNot asks for, and the
// empty line (RFC 3501 6.4.5).
std::string chosen_fields(std::string_view header, const Section& section);

class MessageBytes {
 public:
  explicit MessageBytes(store::Content content)
      : content_(std::move(content)) {}

  std::uint64_t size() const;
  std::string read(const Extent& extent) const;
  // chosen_fields() of the header there, in pieces, from where it lies: it may
  // be as long as a message.
  using Use = std::function<void(std::string_view piece)>;
  void each_chosen(const Extent& header, const Section& section,
                   const Use& use) const;
  // Puts the octets behind a "{n}": large ones as a piece of the file.
  void send(Response& out, const Extent& extent) const;

 private:
  store::Content content_;
};

}  // namespace mail::imap
