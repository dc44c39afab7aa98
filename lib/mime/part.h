// Part: the tree of a message's parts, as offsets into the message.
//
//   Part message = parse_message(bytes);
//   bytes.substr(part.body_offset, part.body_size)
//
// Every byte string has a tree (RFC 2045, 2046).  What a consumer may rely on:
//   - type "multipart": at least one child; its children do not overlap
//   - type "message", subtype "rfc822" or "global": exactly one child, the
//     message inside, whose header begins at body_offset
//   - anything else: no children
// A multipart without boundary or without parts is therefore given as
// text/plain; what lies deeper or further than the limits as
// application/octet-stream.  A Content-Type that cannot be read is text/plain
// (RFC 2045 5.2), in a multipart/digest one that is missing is message/rfc822.
//
// One pass, linear in the size of the message, whatever its boundaries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mime/decode.h"
#include "mime/parameter.h"

namespace mail::mime {

inline constexpr std::size_t kMaxDepth = 100;
inline constexpr std::size_t kMaxParts = 10'000;

struct Part {
  // The header with the empty line that ends it (BODY[n.MIME], BODY[HEADER]).
  std::uint64_t header_offset = 0;
  std::uint64_t header_size = 0;

  // The body: header_offset + header_size up to the line end that belongs to
  // the next boundary (BODY[n], BODY[TEXT]).
  std::uint64_t body_offset = 0;
  std::uint64_t body_size = 0;

  // Lines of the body; a last one without line end counts.
  std::uint64_t lines = 0;

  // Lower case.
  std::string type = "text";
  std::string subtype = "plain";
  Parameters parameters;  // {"charset", "us-ascii"} when there was no type
  std::string encoding = "7bit";  // Content-Transfer-Encoding

  // As written, in one line; empty when missing.
  std::string id;           // Content-ID
  std::string description;  // Content-Description
  std::string md5;          // Content-MD5
  std::string location;     // Content-Location

  std::string disposition;  // lower case; empty when missing
  Parameters disposition_parameters;
  std::vector<std::string> language;  // Content-Language

  std::vector<Part> children;

  bool is(std::string_view type_wanted, std::string_view subtype_wanted) const {
    return type == type_wanted && subtype == subtype_wanted;
  }
  bool is_multipart() const { return type == "multipart"; }
  bool is_message() const {
    return type == "message" && (subtype == "rfc822" || subtype == "global");
  }

  // Of the header and the body.
  std::uint64_t size() const { return header_size + body_size; }

  Encoding transfer_encoding() const { return parse_encoding(encoding); }

  // "filename" of the disposition, else "name" of the type; UTF-8, maybe
  // empty.  Chosen by the sender: never a path of ours.
  std::string file_name() const;
};

// The tree of a whole message.
Part parse_message(std::string_view message);

// The same; now and then tells how far it has come, for who has mapped a large
// file and lets go what lies behind: it is read again for header fields only.
using Passed = std::function<void(std::size_t offset)>;
Part parse_message(std::string_view message, const Passed& passed);

// The same tree for the message with so many bytes of header fields in front
// of it: fields that were known only after the message had been written.
void add_prefix(Part& message, std::uint64_t bytes);

// The part that IMAP calls by these numbers: {2, 1} is "2.1" (RFC 3501 6.4.5).
// {} is the message itself.  nullptr when there is none.  The parts of a
// message/rfc822 are those of the message inside; of a message that is no
// multipart, part 1 is the message itself.
const Part* find_part(const Part& message,
                      std::span<const std::uint32_t> numbers);

// Views into the message; empty where the offsets do not fit it.
std::string_view header_of(std::string_view message, const Part& part);
std::string_view body_of(std::string_view message, const Part& part);

}  // namespace mail::mime
