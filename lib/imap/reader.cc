#include "imap/reader.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/text.h"
#include "imap/utf7.h"

namespace mail::imap {

bool is_atom_char(char c) {
  return c > ' ' && c < 0x7f &&
         std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}

bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }

void Reader::fail(std::string_view why) {
  if (failed()) return;
  why_ = why;
  rest_ = {};
}

void Reader::limit(std::string_view why) {
  if (failed()) return;
  fail("[LIMIT] " + std::string(why));
  limited_ = true;
}

bool Reader::take(char c) {
  if (next() != c || rest_.empty()) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Reader::take_word(std::string_view word) {
  if (!has_prefix(rest_, word)) return false;
  if (rest_.size() > word.size() && is_astring_char(rest_[word.size()])) {
    return false;
  }
  rest_.remove_prefix(word.size());
  return true;
}

void Reader::expect(char c) {
  if (take(c)) return;
  if (c == ' ') return fail("expected a space");
  fail(std::string("expected '") + c + "'");
}

bool Reader::finish() {
  if (!failed() && !rest_.empty()) fail("something behind the arguments");
  return !failed();
}

std::string_view Reader::take_while(bool (*wanted)(char)) {
  const auto end = std::ranges::find_if_not(rest_, wanted);
  const auto size = static_cast<std::size_t>(end - rest_.begin());
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::string_view Reader::atom() {
  const auto out = take_while(is_atom_char);
  if (out.empty()) fail("expected an atom");
  return out;
}

// RFC 3501 section 9: any ASTRING-CHAR except "+".
std::string_view Reader::tag() {
  const auto out =
      take_while([](char c) { return is_astring_char(c) && c != '+'; });
  if (out.empty()) fail("expected a tag");
  return out;
}

std::string Reader::quoted() {
  std::string out;
  expect('"');
  while (!failed()) {
    // QUOTED-CHAR: a CHAR, which NUL is not.
    const std::size_t plain = rest_.find_first_of({"\"\\\r\n\0", 5});
    out += rest_.substr(0, plain);
    if (plain == rest_.npos) break;
    const char c = rest_[plain];
    rest_.remove_prefix(plain + 1);
    if (c == '"') return out;
    if (c != '\\' || (next() != '"' && next() != '\\')) break;
    out += next();
    rest_.remove_prefix(1);
  }
  fail("bad quoted string");
  return {};
}

std::string Reader::literal() {
  std::string out = octets();
  if (out.find('\0') != out.npos) fail("a literal has no NUL");
  return out;
}

// "{3}\r\nabc"
std::string Reader::octets() {
  expect('{');
  std::size_t size = 0;
  const auto [end, error] =
      std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
  if (error == std::errc()) {
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take('+');
    if (rest_.starts_with("}\r\n") && rest_.size() - 3 >= size) {
      std::string out(rest_.substr(3, size));
      rest_.remove_prefix(3 + size);
      return out;
    }
  }
  fail("bad literal");
  return {};
}

std::string Reader::string() {
  if (next() == '"') return quoted();
  if (next() == '{') return literal();
  fail("expected a string");
  return {};
}

std::string Reader::astring() {
  if (next() == '"' || next() == '{') return string();
  const auto out = take_while(is_astring_char);
  if (out.empty()) fail("expected a string");
  return std::string(out);
}

std::optional<std::string> Reader::nstring() {
  if (take_word("NIL")) return {};
  return string();
}

std::optional<std::string> Reader::nstring8() {
  if (!take('~')) return nstring();
  return octets();
}

std::string Reader::decoded(const std::string& name) {
  auto utf8 = from_utf7(name);
  if (utf8) return nfc(*utf8);
  fail(utf8.error().why);
  return {};
}

// RFC 3501 6.3.3: a separator at the end belongs to no name.
std::string Reader::mailbox() {
  std::string name = reference();
  if (name.size() > 1 && name.ends_with('/')) name.pop_back();
  return same_text(name, "INBOX") ? "INBOX" : name;
}

std::string Reader::reference() {
  const std::string name = astring();
  if (failed()) return {};
  if (same_text(name, "INBOX")) return "INBOX";
  return decoded(name);
}

std::string Reader::list_mailbox() {
  if (next() == '"' || next() == '{') return decoded_pattern(string());
  const auto out = take_while(
      [](char c) { return is_astring_char(c) || c == '%' || c == '*'; });
  if (out.empty()) fail("expected a mailbox pattern");
  return decoded_pattern(std::string(out));
}

// What stands between the wildcards is a name's part of its own.  One that is
// cut within its base64 is in no name.
std::string Reader::decoded_pattern(const std::string& pattern) {
  constexpr std::string_view kInNoName = "\x7f";
  if (!std::ranges::all_of(pattern, [](char c) { return c >= ' '; })) {
    fail("expected a mailbox pattern");
    return {};
  }
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t end = pattern.find_first_of("%*", at);
    const auto part = from_utf7(pattern.substr(at, end - at));
    out += part ? nfc(*part) : kInNoName;
    if (end == pattern.npos) break;
    out += pattern[end];
    at = end + 1;
  }
  return out;
}

std::uint32_t Reader::number() {
  const auto digits = take_while(is_digit);
  const auto value = parse_number(digits);
  if (value && *value <= UINT32_MAX) {
    return static_cast<std::uint32_t>(*value);
  }
  fail("expected a number");
  return 0;
}

std::uint32_t Reader::nz_number() {
  if (next() == '0') fail("expected a number that begins with no zero");
  return number();
}

std::int64_t Reader::modseq() {
  const auto value = parse_number(take_while(is_digit));
  if (value && *value <= INT64_MAX) return static_cast<std::int64_t>(*value);
  fail("expected a mod-sequence");
  return 0;
}

SequenceSet Reader::sequence_set() {
  SequenceSet last;
  last.saved = take('$');
  if (last.saved) return last;
  const auto text = take_while(
      [](char c) { return is_digit(c) || c == ',' || c == ':' || c == '*'; });
  auto set = parse_sequence_set(text);
  if (set) return std::move(*set);
  fail(set.error().why);
  return {};
}

std::int64_t Reader::day() {
  const std::string text =
      next() == '"' ? quoted() : std::string(take_while(is_astring_char));
  const auto day = mime::parse_day(text);
  if (!day) fail("expected a date like 1-Feb-1994");
  return day.value_or(0);
}

mime::DateTime Reader::date_time() {
  const auto time = mime::parse_internal_date(quoted());
  if (!time) fail("expected a date like \"17-Jul-1996 02:44:25 -0700\"");
  return time.value_or(mime::DateTime{});
}

// \Recent cannot be changed by clients and is stepped over (RFC 3501 2.3.2); so
// is a flag-extension, which no PERMANENTFLAGS names (7.1).
void Reader::add_flag(FlagList& list) {
  static constexpr struct {
    std::string_view name;
    store::Flags flag;
  } kFlags[] = {
      {"Seen", store::kSeen},       {"Answered", store::kAnswered},
      {"Flagged", store::kFlagged}, {"Deleted", store::kDeleted},
      {"Draft", store::kDraft},
  };
  const bool system = take('\\');
  const std::string_view name = atom();
  if (failed()) return;
  if (!system) {
    if (name.size() > 255) return limit("keyword too long");
    if (list.keywords.size() >= 1000) return limit("too many keywords");
    list.keywords.emplace_back(name);
    return;
  }
  const auto* known = std::ranges::find_if(
      kFlags, [&](const auto& flag) { return same_text(flag.name, name); });
  if (known != std::end(kFlags)) list.flags |= known->flag;
}

FlagList Reader::flag_list() {
  FlagList list;
  expect('(');
  if (take(')')) return list;
  do {
    add_flag(list);
  } while (take(' '));
  expect(')');
  return list;
}

FlagList Reader::flags() {
  if (next() == '(') return flag_list();
  FlagList list;
  do {
    add_flag(list);
  } while (take(' '));
  return list;
}

std::vector<std::string> Reader::astring_list() {
  std::vector<std::string> list;
  expect('(');
  do {
    list.push_back(astring());
  } while (take(' '));
  expect(')');
  return list;
}

}  // namespace mail::imap
