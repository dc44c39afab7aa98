// Scanner: what a peer sends as a message, made canonical while it streams.
//
// Takes bytes as they come, in pieces of any size, and passes them on with
// CRLF line ends and without dot-stuffing, in runs as long as possible.  On
// the way it notes what others need to know about the bytes (Facts).
//
// Only CR LF "." CR LF ends DATA.  A bare CR or LF becomes CRLF in the output
// and is noted; whether that is a repair or a reason to refuse is for the
// caller to say.  It never acts as the end of a line for the dots: what
// another server could take for the end of data is never such an end here
// (RFC 5321 2.3.8 and 4.1.1.4).
//
// A message whose first line begins with a blank has no header: an empty line
// goes in front, so that it does not continue the field that we put there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mail::smtp {

struct Facts {
  bool has_8bit = false;
  bool has_long_line = false;    // over 998 octets
  bool has_leading_dot = false;  // some line starts with a dot
  bool has_bare_newline = false;
  bool has_nul = false;
  // Of the header:
  int received_fields = 0;
  bool has_date = false;
  bool has_message_id = false;
};

class Scanner {
 public:
  // Where the canonical bytes go.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void write(std::string_view bytes) = 0;
  };

  enum class Form { Dotted, Plain };  // DATA, BDAT

  Scanner(Form form, Sink& sink) : sink_(sink), dots_(form == Form::Dotted) {}

  struct Step {
    std::size_t used = 0;  // the others are to be given again, with more
    bool ended = false;    // the dot that ends DATA was used up
  };
  Step scan(std::string_view bytes);

  // Nothing more comes: ends an unfinished last line.
  void finish();

  const Facts& facts() const { return facts_; }

 private:
  void pass(std::string_view run);
  void part_of_line(std::string_view text);
  void end_of_line();
  void bare_newline();
  void field_name();
  std::size_t held_cr(std::string_view bytes);
  std::size_t one_line(std::string_view bytes, std::size_t at);

  Sink& sink_;
  const bool dots_;
  Facts facts_;
  std::size_t run_ = 0;        // where in the bytes the unpassed run starts
  std::int64_t length_ = 0;    // of the line so far
  bool after_crlf_ = true;     // a dot here is the peer's stuffing, or the end
  bool held_cr_ = false;       // the last byte was a CR, not passed on yet
  bool in_header_ = true;
  bool begun_ = false;         // there was a first character
  bool headless_ = false;      // it was a blank; the empty line is due
  std::string start_;          // of a header line: its field name
};

}  // namespace mail::smtp
