// PartIndex: where the parts of a message lie, packed for the cache.
//
//   const PartIndex index(cached.parts);
//   if (const IndexedPart* part = index.find({{2, 1}}))
//     content.file... pread(part->body_offset, part->body_size)   // BODY[2.1]
//
// Offsets count from the first byte of the prefix (store/account.h, Content).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mime/decode.h"
#include "mime/part.h"

namespace mail::store {

struct IndexedPart {
  std::uint64_t header_offset = 0;  // header with its empty line
  std::uint64_t header_size = 0;
  std::uint64_t body_offset = 0;
  std::uint64_t body_size = 0;
  enum class Kind { Leaf, Multipart, Message } kind = Kind::Leaf;
  mime::Encoding encoding = mime::Encoding::Identity;
  std::vector<std::uint32_t> children;  // places in the index
};

// The bytes for the cache.
std::string pack_parts(const mime::Part& message);

class PartIndex {
 public:
  // What does not parse gives an index with nothing in it.
  explicit PartIndex(std::string_view packed);

  // False: the bytes were not ours; the row has to be made again.
  bool valid() const { return !parts_.empty(); }

  // The message itself.
  const IndexedPart& root() const { return parts_.front(); }

  // By IMAP's numbers, {} the message itself (RFC 3501 6.4.5): the parts of a
  // message/rfc822 are those of the message inside; of what is no multipart,
  // part 1 is itself.  nullptr when there is none.
  const IndexedPart* find(std::span<const std::uint32_t> numbers) const;

  // The message inside of a message/rfc822 part (BODY[2.HEADER],
  // BODY[2.TEXT]); nullptr when it is none.
  const IndexedPart* inside(const IndexedPart& part) const;

  std::span<const IndexedPart> parts() const { return parts_; }

 private:
  // Part `number` of what a message holds: of its multipart, or itself.
  const IndexedPart* content(const IndexedPart& of, std::uint32_t number) const;

  std::vector<IndexedPart> parts_;
};

}  // namespace mail::store
