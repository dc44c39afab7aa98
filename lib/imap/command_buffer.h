// CommandBuffer: puts one command together from the bytes that come.
//
//   for (;;) switch (buffer.take(in)) {
//     case Step::More:    return wait;
//     case Step::Ready:   run(buffer.text()); buffer.finish(in); break;
//     case Step::Literal: buffer.accept();    // or refuse()
//     case Step::TooLong: ...                 // the rest is dropped
//   }
//
// A command is a line, and for each literal in it the literal and another line
// (RFC 3501 sections 2.2.1 and 4.3).  It never waits: what has come is kept,
// and the next bytes go on.  A command that is whole in the input is not
// copied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/session.h"

namespace mail::imap {

struct CommandLimits {
  std::size_t line = (1 << 20) + (64 << 10);  // of each: UID sets are long
  std::size_t literal = 1 << 20;
  std::size_t total = 2 << 20;  // of a whole command, literals included
};

class CommandBuffer {
 public:
  enum class Step { More, Ready, Literal, TooLong };

  explicit CommandBuffer(const CommandLimits& limits) : limits_(limits) {}

  Step take(net::Input& in);

  // The command without its last line end: after Ready; valid until finish().
  // After Literal: what stands before the literal.
  std::string_view text() const { return text_; }
  void finish(net::Input& in);

  // After Literal.
  std::uint64_t literal_size() const { return literal_; }
  bool literal_waits() const { return waits_; }  // the client wants a "+"
  bool literal_fits() const;
  void accept();
  // The command is over; a literal that comes all the same is dropped, and
  // what follows it.
  void refuse();
  // Like accept(), but the bytes go elsewhere: the next one of the input is
  // the literal's first.  The text is dropped; the line behind the literal is
  // a command of its own for take().
  void hand_over();
  // Drops so many bytes of a literal and the line behind them.
  void skip(std::uint64_t bytes);

  bool idle() const { return buffer_.empty() && !dropping_; }

 private:
  Step drop(net::Input& in);
  Step too_long(net::Input& in);
  Step line_done();
  void clear();

  CommandLimits limits_;
  std::string buffer_;
  std::string_view text_;     // into buffer_, or the input
  std::size_t in_input_ = 0;  // bytes of the input that text_ stands in
  std::size_t line_ = 0;      // where the line in hand begins in buffer_
  std::uint64_t literal_ = 0;
  std::uint64_t missing_ = 0;  // bytes of a literal still to come
  bool waits_ = false;
  bool dropping_ = false;
};

}  // namespace mail::imap
