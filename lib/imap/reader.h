// Reader: takes a command's arguments apart (RFC 3501 section 9).
//
//   Reader args("INBOX (UIDNEXT)");
//   const std::string name = args.mailbox();
//   args.space();
//   ...
//   if (!args.finish()) return bad(args.why());
//
// The first thing that does not fit makes the reader fail; from then on every
// call gives something empty and nothing moves, so that a command asks once,
// at the end.  Literals stand in the text as they came:
// "{3}\r\nabc".  What is taken may be a view into the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sequence_set.h"
#include "mime/date.h"
#include "store/types.h"

namespace mail::imap {

struct FlagList {
  store::Flags flags = 0;
  std::vector<std::string> keywords;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return !why_.empty(); }
  const std::string& why() const { return why_; }
  void fail(std::string_view why);
  // It is well-formed, but more than is taken: NO instead of BAD.
  void limit(std::string_view why);
  bool limited() const { return limited_; }

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // The next character; 0 at the end.
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  // Whether this comes next, which is then taken.  Words: case apart.
  bool take(char c);
  bool take_word(std::string_view word);

  void expect(char c);
  void space() { expect(' '); }
  // Nothing is left and nothing failed.
  bool finish();

  std::string_view atom();  // flag-keyword, command, item names
  std::string_view tag();
  std::string astring();
  std::string string();  // quoted or literal
  std::optional<std::string> nstring();
  std::optional<std::string> nstring8();  // or a literal8 (RFC 3516)
  std::string mailbox();    // UTF-8; INBOX in upper case, no "/" at the end
  std::string reference();  // the same, as it stands: of LIST and LSUB
  std::string list_mailbox();  // pattern, in UTF-8; may match no name
  std::uint32_t number();
  std::uint32_t nz_number();
  std::int64_t modseq();       // mod-sequence-valzer of RFC 7162
  SequenceSet sequence_set();  // or "$"
  std::int64_t day();          // date, quoted or not: days since 1970
  mime::DateTime date_time();
  FlagList flags();      // with or without parentheses
  FlagList flag_list();  // with them
  // "(" astring *(SP astring) ")"
  std::vector<std::string> astring_list();

 private:
  std::string_view take_while(bool (*wanted)(char));
  std::string quoted();
  std::string literal();
  std::string octets();
  void add_flag(FlagList& list);
  std::string decoded(const std::string& name);
  std::string decoded_pattern(const std::string& pattern);

  std::string_view rest_;
  std::string why_;
  bool limited_ = false;
};

// Character classes of the grammar.
bool is_atom_char(char c);
bool is_astring_char(char c);

}  // namespace mail::imap
