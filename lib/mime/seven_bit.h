// SevenBit: a message without octets above 127, for servers that take no
// others (RFC 6152 section 3).
//
//   const auto plan = SevenBit::plan(message, passed);
//   if (!plan) ... plan.error().why ...
//   plan->size()
//   plan->write(message, sink, passed)
//
// Leaf parts with octets above 127 become quoted-printable when they are text,
// base64 when not; so do those with NUL, bare CR or LF, or lines over 998
// octets, which want a better transport as well.  The fields about it are put
// right, and all else stays octet by octet.
//
// A leaf always decodes to the very octets it had.  Where that cannot be, or
// the message would not mean the same any more, there is no plan: octets above
// 127 in a header, between the parts, inside of a signed or encrypted part, in
// a part of a type that must not be encoded, or encoded in a way not known.
//
// Nothing is held but the plan; `passed` (mime/part.h) tells how far reading
// has come.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mime/decode.h"
#include "mime/part.h"

namespace mail::mime {

class SevenBit {
 public:
  // Takes some octets; false: no more are wanted.
  using Sink = std::function<bool(std::string_view)>;

  static Result<SevenBit> plan(std::string_view message, const Passed& passed);

  // Octets of the new message.
  std::int64_t size() const { return size_; }

  // Gives it in pieces, from the message it was planned for.  False as soon as
  // the sink says so.
  bool write(std::string_view message, const Sink& sink,
             const Passed& passed) const;

  // One place where the messages differ.
  struct Edit {
    std::uint64_t at = 0;
    std::uint64_t length = 0;  // octets of the message that go
    std::string text = {};     // instead of them, or
    Encoding from = Encoding::Identity;  // they themselves, decoded
    Encoding to = Encoding::Identity;    // and encoded like this
  };

 private:
  bool edit(std::string_view message, const Edit& edit, const Sink& sink,
            const Passed& passed) const;

  std::vector<Edit> edits_;  // in order
  std::int64_t size_ = 0;
};

}  // namespace mail::mime
