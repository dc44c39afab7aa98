#include "mime/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/ascii.h"

namespace mail::mime {
namespace {

using Name = std::pair<std::string_view, char32_t>;

// The references that mail holds, apart from those of Latin-1 below.  The
// first are, as those are, known without ";" too (HTML section 13.5).
constexpr std::size_t kOld = 10;
constexpr std::array<Name, 40> kNames = {{
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},
    {"quot", '"'},      {"AMP", '&'},       {"LT", '<'},
    {"GT", '>'},        {"QUOT", '"'},      {"COPY", 0xA9},
    {"REG", 0xAE},      {"apos", '\''},     {"euro", 0x20AC},
    {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019},  {"sbquo", 0x201A},  {"ldquo", 0x201C},
    {"rdquo", 0x201D},  {"bdquo", 0x201E},  {"bull", 0x2022},
    {"hellip", 0x2026}, {"trade", 0x2122},  {"larr", 0x2190},
    {"uarr", 0x2191},   {"rarr", 0x2192},   {"darr", 0x2193},
    {"lsaquo", 0x2039}, {"rsaquo", 0x203A}, {"dagger", 0x2020},
    {"minus", 0x2212},  {"infin", 0x221E},  {"ne", 0x2260},
    {"le", 0x2264},     {"ge", 0x2265},     {"ensp", ' '},
    {"emsp", ' '},      {"thinsp", ' '},    {"zwnj", 0x200C},
    {"zwj", 0x200D},
}};

// U+00A0 to U+00FF, in order (HTML 4, section 24.2).
constexpr std::array<std::string_view, 96> kLatin1 = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar",
    "sect",   "uml",    "copy",   "ordf",   "laquo",  "not",    "shy",
    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",
    "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",
    "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute",
    "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",
    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",   "times",
    "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",
    "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute",
    "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave", "uacute",
    "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

// Elements whose content is no text.
constexpr std::array<std::string_view, 7> kHidden = {
    "script", "style", "title", "template", "noframes", "object", "svg"};

// Elements that do not begin a line of their own.
constexpr std::array<std::string_view, 22> kInline = {
    "a",    "abbr", "b",     "big",    "cite", "code", "em", "font",
    "i",    "img",  "ins",   "kbd",    "del",  "mark", "q",  "s",
    "span", "sub",  "small", "strong", "sup",  "u"};

// References are short; "&" with more behind it is an ampersand.
constexpr std::size_t kLongestReference = 12;

void append(std::string& out, char32_t c) {
  const auto tail = [&](int bits) {
    out += static_cast<char>(0x80 | ((c >> bits) & 0x3F));
  };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<char32_t> named(std::string_view name, std::size_t most) {
  for (const auto& [known, character] : std::span(kNames).first(most)) {
    if (known == name) return character;
  }
  const auto it = std::ranges::find(kLatin1, name);
  if (it == kLatin1.end()) return std::nullopt;
  return static_cast<char32_t>(0xA0 + (it - kLatin1.begin()));
}

// "233" or "xE9", behind "&#".
std::optional<char32_t> numbered(std::string_view digits) {
  const bool hex = !digits.empty() && lower(digits.front()) == 'x';
  if (hex) digits.remove_prefix(1);
  char32_t value = 0;
  for (const char c : digits) {
    const char d = lower(c);
    const bool letter = hex && d >= 'a' && d <= 'f';
    if (!is_digit(d) && !letter) return std::nullopt;
    value = value * (hex ? 16 : 10) +
            static_cast<char32_t>(letter ? d - 'a' + 10 : d - '0');
    if (value > 0x10FFFF) return std::nullopt;
  }
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (digits.empty() || value == 0 || surrogate) return std::nullopt;
  return value;
}

// What a reference stands for, and how much of the text it is.
struct Referred {
  char32_t character;
  std::size_t length;
};

bool is_letter(char c) { return is_alpha(c) || is_digit(c); }

// The text behind "&".  In it an old name is known also when it is but the
// front of a word (HTML 13.2.5.73): "&notit;" shows as one does.
std::optional<Referred> referred(std::string_view text) {
  const bool number = text.starts_with('#');
  std::size_t end = number ? 1 : 0;
  while (end < text.size() && is_letter(text[end])) ++end;
  const std::string_view name = text.substr(0, end);
  const char next = end < text.size() ? text[end] : 'x';
  const auto found =
      number ? numbered(name.substr(1)) : named(name, kNames.size());
  if (found && std::string_view("; <&\r\n").find(next) != text.npos) {
    return Referred{*found, end + (next == ';' ? 1 : 0)};
  }
  for (std::size_t size = number ? 0 : end; size >= 2; --size) {
    const auto old = named(name.substr(0, size), kOld);
    if (old) return Referred{*old, size};
  }
  return std::nullopt;
}

class Stripper {
 public:
  Stripper(std::string_view html, std::size_t limit)
      : html_(html), limit_(limit) {}

  std::string run();

 private:
  void step();
  void character(std::string_view bytes);
  void reference();
  void tag();
  void skip_comment();
  void skip_behind(std::string_view mark, std::size_t from);
  void skip_attributes();
  void skip_element(std::string_view name);

  std::string_view html_;
  std::size_t limit_;
  std::size_t at_ = 0;
  std::string out_;
  bool blank_ = false;  // white space, or
  bool line_ = false;   // a line end is due before the next character
  bool quotes_ = true;
};

std::string Stripper::run() {
  while (at_ < html_.size() && out_.size() < limit_) step();
  while (out_.ends_with(' ') || out_.ends_with('\n')) out_.pop_back();
  return std::move(out_);
}

void Stripper::step() {
  const char c = html_[at_];
  if (c == '<') return tag();
  if (c == '&') return reference();
  ++at_;
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0') {
    blank_ = true;
  } else {
    character(std::string_view(&c, 1));
  }
}

void Stripper::character(std::string_view bytes) {
  if (line_ && !out_.empty()) out_ += '\n';
  if (!line_ && blank_ && !out_.empty()) out_ += ' ';
  line_ = blank_ = false;
  out_ += bytes;
}

void Stripper::reference() {
  const auto found = referred(html_.substr(at_ + 1, kLongestReference));
  ++at_;
  if (!found) return character("&");
  at_ += found->length;
  if (found->character <= ' ' || found->character == 0xA0) {
    blank_ = true;
    return;
  }
  std::string bytes;
  append(bytes, found->character);
  character(bytes);
}

// "<" was met: a comment, an element, or just a "<".
void Stripper::tag() {
  const std::string_view rest = html_.substr(at_);
  if (rest.starts_with("<!--")) return skip_comment();
  const bool closing = rest.size() > 1 && rest[1] == '/';
  const std::size_t start = closing ? 2 : 1;
  std::size_t end = start;
  while (end < rest.size() && end < start + 10 &&
         (is_alpha(rest[end]) || is_digit(rest[end]))) {
    ++end;
  }
  if (end == start || is_digit(rest[start])) {
    if (closing || rest.starts_with("<!") || rest.starts_with("<?")) {
      return skip_behind(">", 1);
    }
    ++at_;
    return character("<");
  }
  const std::string name = lower(rest.substr(start, end - start));
  at_ += end;
  skip_attributes();
  if (!closing && std::ranges::find(kHidden, name) != kHidden.end()) {
    return skip_element(name);
  }
  if (std::ranges::find(kInline, name) != kInline.end()) return;
  if (name == "td" || name == "th") {
    blank_ = true;
  } else {
    line_ = true;
  }
}

// To behind "-->" or "--!>" (HTML 13.2.5.43 on); "<!-->" is one already.
void Stripper::skip_comment() {
  at_ += 4;
  const std::string_view rest = html_.substr(at_);
  if (rest.starts_with('>') || rest.starts_with("->")) {
    return skip_behind(">", 0);
  }
  while ((at_ = html_.find("--", at_)) != html_.npos) {
    const std::string_view end = html_.substr(at_ + 2);
    if (end.starts_with('>') || end.starts_with("!>")) {
      return skip_behind(">", 0);
    }
    ++at_;
  }
  at_ = html_.size();
}

void Stripper::skip_behind(std::string_view mark, std::size_t from) {
  const std::size_t found = html_.find(mark, at_ + from);
  at_ = found == html_.npos ? html_.size() : found + mark.size();
}

// To behind the '>' that is in no quoted value.  A quote that is never
// closed does not count, and then no other does.
void Stripper::skip_attributes() {
  while (at_ < html_.size()) {
    const char c = html_[at_++];
    if (c == '>') return;
    if ((c != '"' && c != '\'') || !quotes_) continue;
    const std::size_t close = html_.find(c, at_);
    if (close == html_.npos) {
      quotes_ = false;
    } else {
      at_ = close + 1;
    }
  }
}

// To the end tag; without one, to the end of the text.
void Stripper::skip_element(std::string_view name) {
  for (;;) {
    at_ = std::min(html_.find("</", at_), html_.size());
    if (at_ == html_.size()) return;
    at_ += 2;
    if (!has_prefix(html_.substr(at_), name)) continue;
    return skip_behind(">", 0);
  }
}

}  // namespace

std::string html_to_text(std::string_view html, std::size_t limit) {
  return Stripper(html, limit).run();
}

}  // namespace mail::mime
