// PartParser: how parse_message() reads the tree; for part_parser.cc only.
//
// One pass over the lines.  The stack holds the parts from the message down to
// the one being read.  A line that begins with "--" is looked up among the
// boundaries of all open multiparts at once; it ends every part below the one
// it belongs to.  When the same boundary is open twice, the inner one counts,
// until its closing delimiter.  A boundary must be the whole line, blanks
// behind it apart (RFC 2046 5.1.1).
//
// Pointers into the tree are safe: children are only added to the part at the
// top of the stack, so that whatever moves is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/part.h"

namespace mail::mime {

class PartParser {
 public:
  PartParser(std::string_view text, const Passed& passed)
      : text_(text), passed_(passed) {}

  Part run();

 private:
  struct Level {
    Part* part;
    std::uint64_t first_line = 0;         // line ends before the body
    std::string boundary;                 // while it delimits; else empty
    std::optional<std::size_t> shadowed;  // outer level of that boundary
  };
  struct Delimiter {
    std::size_t level;
    bool closes;
  };

  std::size_t line_end(std::size_t at);
  void line(std::size_t start, std::size_t end);
  void header_line(std::size_t start, std::size_t end, std::string_view line);
  std::optional<Delimiter> delimiter(std::string_view line) const;
  void delimited(Delimiter found, std::size_t start, std::size_t end);

  void begin_part(Part& part, std::size_t offset);
  void end_header(std::size_t offset, std::uint64_t line_ends);
  void end_headers(std::size_t offset);
  void begin_multipart();
  void finish_part(std::size_t end);
  void stop_delimiting(std::size_t level);

  // Takes in the field that ends here, when it is one about content.
  void take_field(std::size_t end);

  bool is_full() const;
  Level& top() { return open_.back(); }

  std::string_view text_;
  const Passed& passed_;
  std::size_t told_ = 0;         // up to where passed_ was called
  std::uint64_t line_ends_ = 0;  // LFs before the current line
  std::size_t parts_ = 0;
  std::vector<Level> open_;
  std::map<std::string, std::size_t, std::less<>> boundaries_;
  std::size_t longest_boundary_ = 0;

  // While in the header of the part at the top.
  bool in_header_ = false;
  std::optional<std::size_t> field_;  // where the current field begins
  unsigned seen_ = 0;                 // fields had, by their row in the table
};

}  // namespace mail::mime
