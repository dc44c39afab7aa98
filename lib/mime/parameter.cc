#include "mime/parameter.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/scan.h"

namespace mail::mime {
namespace {

// Raw pieces read, continuations counted one by one.
constexpr std::size_t kMaxPieces = 10 * kMaxParameters;

// A parameter as written: name*3*=value is {name, 3, extended}.
struct Piece {
  std::string name;
  int section = -1;  // -1: not one of several
  bool extended = false;
  std::string value;
};

// "name", "name*", "name*0", "name*0*" (RFC 2231 section 7).
Piece read_name(std::string_view written) {
  Piece piece;
  if (written.ends_with('*')) {
    piece.extended = true;
    written.remove_suffix(1);
  }
  const std::size_t star = written.find('*');
  const auto section = star == written.npos
                           ? std::nullopt
                           : parse_number(written.substr(star + 1));
  if (section && *section < kMaxPieces) {
    piece.section = static_cast<int>(*section);
    written = written.substr(0, star);
  }
  piece.name = lower(written);
  return piece;
}

// Up to ';' or white space.  "filename=my file.pdf": when no other parameter
// begins before the next ';', all up to there.
std::string read_token(Scanner& scan) {
  std::string out(scan.until(";"));
  const std::string_view rest = scan.rest();
  const std::string_view tail = rest.substr(0, rest.find_first_of("=;\"(\r\n"));
  const bool last = tail.size() == rest.size() || rest[tail.size()] == ';';
  if (!last || trim(tail).empty()) return out;
  scan.skip(tail.size());
  return std::string(trim(out + std::string(tail)));
}

std::string read_value(Scanner& scan) {
  if (auto quoted = scan.quoted()) return std::move(*quoted);
  if (scan.take('"')) {  // never closed
    std::string out(trim(scan.rest()));
    scan.skip(scan.rest().size());
    return out;
  }
  return read_token(scan);
}

std::vector<Piece> read_pieces(Scanner& scan) {
  std::vector<Piece> pieces;
  while (pieces.size() < kMaxPieces) {
    scan.skip_blank();
    if (scan.at_end()) break;
    if (scan.take(';')) continue;
    const std::string_view name = scan.until("=;\"");
    scan.skip_blank();
    if (!scan.take('=')) {
      if (name.empty()) scan.skip(1);  // a stray quote
      continue;
    }
    scan.skip_blank();
    Piece piece = read_name(name);
    piece.value = read_value(scan);
    if (!name.empty()) pieces.push_back(std::move(piece));
  }
  return pieces;
}

bool has(const Parameters& parameters, std::string_view name) {
  return std::ranges::any_of(
      parameters, [&](const Parameter& p) { return p.name == name; });
}

void add(Parameters& parameters, Parameter parameter) {
  if (parameters.size() < kMaxParameters && !has(parameters, parameter.name)) {
    parameters.push_back(std::move(parameter));
  }
}

// A plain section of a value that is extended elsewhere.
std::string percent_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

// The sections 0, 1, 2 ... of one name; `pieces` are sorted.
Parameter join(std::span<const Piece> pieces) {
  const bool extended = std::ranges::any_of(pieces, &Piece::extended);
  Parameter out{pieces.front().name + (extended ? "*" : ""), ""};
  if (extended && !pieces.front().extended) out.value = "''";
  for (const Piece& piece : pieces) {
    const bool escape = extended && !piece.extended;
    out.value += escape ? percent_escaped(piece.value) : piece.value;
  }
  return out;
}

Parameters assemble(std::vector<Piece> pieces) {
  Parameters out;
  for (Piece& piece : pieces) {
    if (piece.section >= 0) continue;
    add(out,
        {piece.name + (piece.extended ? "*" : ""), std::move(piece.value)});
  }
  std::erase_if(pieces, [](const Piece& p) { return p.section < 0; });
  std::ranges::stable_sort(pieces, [](const Piece& a, const Piece& b) {
    return std::tie(a.name, a.section) < std::tie(b.name, b.section);
  });
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t end = i + 1;
    while (end < pieces.size() && pieces[end].name == pieces[i].name &&
           pieces[end].section == pieces[end - 1].section + 1) {
      ++end;
    }
    add(out, join(std::span(pieces).subspan(i, end - i)));
    i = end;
  }
  return out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char d = lower(c);
  return d >= 'a' && d <= 'f' ? d - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// charset'language'percent-encoded (RFC 2231 section 4).
std::string decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second =
      first == value.npos ? value.npos : value.find('\'', first + 1);
  if (second == value.npos) return to_utf8(percent_decoded(value));
  return to_utf8(percent_decoded(value.substr(second + 1)),
                 value.substr(0, first));
}

std::string without_controls(std::string text) {
  for (char& c : text) {
    if ((c >= 0 && c < ' ') || c == 0x7F) c = ' ';
  }
  return text;
}

}  // namespace

Parameterized parse_parameterized(std::string_view value) {
  Scanner scan(value.substr(0, kMaxValue));
  Parameterized out;
  while (!scan.at_end()) {
    scan.skip_blank();
    if (scan.at_end() || scan.peek() == ';') break;
    const bool open =
        out.value.empty() || out.value.ends_with('/') || scan.peek() == '/';
    if (!open) break;  // a parameter without semicolon
    const std::string_view word = scan.until(";(\"");
    if (word.empty()) {
      scan.skip(1);
    } else {
      out.value += lower(word);
    }
  }
  out.parameters = assemble(read_pieces(scan));
  return out;
}

std::string text_of(const Parameters& parameters, std::string_view name) {
  for (const Parameter& p : parameters) {
    if (p.name.size() == name.size() + 1 && p.name.ends_with('*') &&
        p.name.starts_with(name)) {
      return without_controls(decode_extended(p.value));
    }
  }
  return without_controls(decode_text(raw_value(parameters, name)));
}

std::string_view raw_value(const Parameters& parameters,
                           std::string_view name) {
  for (const Parameter& p : parameters) {
    if (p.name == name) return p.value;
  }
  return {};
}

}  // namespace mail::mime
