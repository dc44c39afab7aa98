// Transfer encodings (RFC 2045 section 6): bytes to bodies, as a stream.
//
// What is encoded here comes back from mime/decode.h byte by byte.  No line is
// longer than 76 characters, and none begins with a hyphen or a dot: so none
// is ever taken for a boundary, or for the end of a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mime/decode.h"

namespace mail::mime {

// Takes bytes in pieces of any size; each call gives what is encoded by then.
class Encoder {
 public:
  explicit Encoder(Encoding encoding) : encoding_(encoding) {}

  std::string add(std::string_view piece);

  // What was held back; the object begins anew.
  std::string finish();

 private:
  void add_base64(std::string_view piece);
  void add_quoted(char c);
  void put(char c);
  void escape(char c);
  void make_room(std::size_t characters);

  Encoding encoding_;
  std::string held_;        // base64: less than a line; quoted-printable: a
                            // blank or a CR that may end its line
  std::size_t column_ = 0;  // of quoted-printable
  std::string out_;
};

}  // namespace mail::mime
