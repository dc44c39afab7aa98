// Reception: one message from its first byte to the reply.
//
// Once there is a reason to refuse, nothing is written any more and the rest
// is only read over: the peer must hear the reply at the end of its data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "smtp/intake.h"
#include "smtp/reply.h"
#include "smtp/scanner.h"

namespace mail::smtp {

class Reception : private Scanner::Sink {
 public:
  // From whom bare CR and LF are taken, and made CRLF.
  enum class Newlines { Strict, Repaired };

  struct Bounds {
    std::int64_t size = 0;  // octets, with CRLFs, without our own fields
    int hops = 0;           // Received fields
    Newlines newlines = Newlines::Strict;
  };

  Reception(Scanner::Form form, Bounds bounds);

  // Where it goes.  Without this, or once refused, it goes nowhere.
  void begin(std::unique_ptr<Incoming> incoming, std::string_view trace);
  void refuse(const Reply& reply);

  Scanner::Step feed(std::string_view bytes);

  // The peer has sent all of it.
  Reply finish();

  // Why it is not taken, as far as can be said by now.  Does not depend on
  // the pieces in which the bytes came.
  std::optional<Reply> refusal() const;
  std::int64_t size() const { return size_; }

 private:
  void write(std::string_view bytes) override;

  const Bounds bounds_;
  Scanner scanner_;
  std::unique_ptr<Incoming> incoming_;
  std::optional<Reply> refusal_;  // from outside, or trouble
  std::int64_t size_ = 0;
};

}  // namespace mail::smtp
