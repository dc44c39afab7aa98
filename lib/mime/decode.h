// Transfer encodings (RFC 2045 section 6): bodies back to bytes, as a stream.
//
// Tolerant: in base64, bytes outside the alphabet are skipped and padding may
// be missing; in quoted-printable, what is no valid escape stays as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mail::mime {

enum class Encoding { Identity, Base64, QuotedPrintable };

// "base64" and "quoted-printable", the case apart; all else is Identity.
Encoding parse_encoding(std::string_view name);

// Takes a body in pieces of any size; each call gives what is decoded by then.
class Decoder {
 public:
  explicit Decoder(Encoding encoding) : encoding_(encoding) {}

  std::string add(std::string_view piece);

  // What was held back; the object begins anew.
  std::string finish();

 private:
  std::string add_base64(std::string_view piece);
  std::string add_quoted(std::string_view piece);

  Encoding encoding_;
  std::uint32_t bits_ = 0;  // base64: what does not make a group yet
  int count_ = 0;           // its characters
  std::string held_;        // quoted-printable: an escape or blanks cut short
};

// The first `limit` decoded bytes.
std::string decode(std::string_view body, Encoding encoding,
                   std::size_t limit = std::string::npos);

}  // namespace mail::mime
