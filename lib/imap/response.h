// Response: what the server says, gathered piece by piece.
//
//   out.add("* ").number(12).add(" EXISTS").end_line();
//   out.flush();
//
// Nothing is sent before flush(): so no account is held while a client is
// waited for, and a line that fails in the middle can be taken back.  Large
// pieces are files, which are not copied.  Strings are quoted where they can
// be and literals where they must (RFC 3501 section 4.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "net/session.h"
#include "store/types.h"

namespace mail::imap {

class Response {
 public:
  explicit Response(net::Output& out) : out_(out) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  Response& add(std::string_view bytes);
  Response& add(char c);
  Response& number(std::int64_t value);
  Response& string(std::string_view bytes);
  Response& literal(std::string_view bytes);
  // As it is where it can be an atom (RFC 3501 section 9: astring).
  Response& astring(std::string_view bytes);
  // A name as an astring; `name` is UTF-8 and becomes modified UTF-7.
  Response& mailbox(std::string_view name);
  // Bytes of a file, within a literal that was announced.
  Response& file(Fd file, std::int64_t offset, std::int64_t length);
  void end_line();
  // A whole line: "* " and `text`.
  void untagged(std::string_view text);

  // Takes back the line that was begun and not ended.  False when a part of
  // it is on its way: then only closing the connection helps.
  bool take_back();

  // Enough is gathered to be sent.
  bool full() const;
  void flush();

 private:
  struct Piece {
    std::size_t at;  // in buffer_: what stands before it
    Fd file;
    std::int64_t offset;
    std::int64_t length;
  };
  net::Output& out_;
  std::string buffer_;
  std::vector<Piece> pieces_;
  std::int64_t file_bytes_ = 0;
  std::size_t line_ = 0;         // where the line in hand begins
  std::size_t line_pieces_ = 0;  // pieces of the lines before it
  bool flushing_ = false;        // a flush did not come to its end
  bool cut_ = false;             // the front of the line in hand was sent
};

// "\Seen \Flagged": the system flags of a set, in a fixed order.
void add_flags(Response& out, store::Flags flags);

}  // namespace mail::imap
