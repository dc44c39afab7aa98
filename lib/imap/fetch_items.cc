#include "imap/fetch_items.h"

#include <algorithm>

#include "base/ascii.h"
#include "imap/response.h"

namespace mail::imap {
namespace {

using Kind = FetchItem::Kind;
using What = Section::What;

// A header field's name in the label: as an atom where it is one.
std::string labelled(const std::string& field) {
  if (!field.empty() && std::ranges::all_of(field, is_astring_char)) {
    return field;
  }
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void read_fields(Reader& args, Section& section, std::string& label) {
  args.space();
  section.fields = args.astring_list();
  std::string names;
  for (const std::string& field : section.fields) {
    // A label is one line of ASCII, whatever came in a literal.
    if (!std::ranges::all_of(field,
                             [](char c) { return c >= ' ' && c < 0x7f; })) {
      return args.fail("bad field name");
    }
    names += (names.empty() ? "" : " ") + labelled(field);
  }
  label += " (" + names + ')';
}

void read_text(Reader& args, Section& section, std::string& label) {
  static constexpr struct {
    std::string_view word;
    What what;
  } kTexts[] = {
      {"HEADER.FIELDS.NOT", What::FieldsNot},
      {"HEADER.FIELDS", What::Fields},
      {"HEADER", What::Header},
      {"TEXT", What::Text},
      {"MIME", What::Mime},
  };
  for (const auto& [word, what] : kTexts) {
    if (!has_prefix(args.rest(), word)) continue;
    const std::string_view behind = args.rest().substr(word.size());
    if (!behind.starts_with(']') && !behind.starts_with(' ')) continue;
    for (std::size_t i = 0; i < word.size(); ++i) args.take(args.next());
    section.what = what;
    label += word;
    if (what == What::Fields || what == What::FieldsNot) {
      read_fields(args, section, label);
    }
    if (what == What::Mime && section.part.empty()) {
      args.fail("MIME is of a part");
    }
    return;
  }
  args.fail("unknown section");
}

// Behind "[".
void read_section(Reader& args, FetchItem& item) {
  item.label += '[';
  bool dot = false;
  while (is_digit(args.next())) {
    dot = false;
    item.section.part.push_back(args.nz_number());
    if (item.section.part.size() > 200) args.limit("section too deep");
    item.label += std::to_string(item.section.part.back());
    if (!args.take('.')) break;
    item.label += '.';
    dot = true;
  }
  if (args.next() != ']' && (item.section.part.empty() || dot)) {
    read_text(args, item.section, item.label);
  } else if (dot) {
    args.fail("unknown section");
  }
  args.expect(']');
  item.label += ']';
}

void read_partial(Reader& args, FetchItem& item) {
  if (!args.take('<')) return;
  FetchItem::Partial partial;
  partial.first = args.number();
  args.expect('.');
  partial.count = args.nz_number();
  args.expect('>');
  item.partial = partial;
  item.label += '<' + std::to_string(partial.first) + '>';
}

FetchItem section_item(std::string label, What what, bool marks_seen) {
  FetchItem item;
  item.kind = Kind::Section;
  item.label = std::move(label);
  item.section.what = what;
  item.marks_seen = marks_seen;
  return item;
}

FetchItem simple(Kind kind) {
  FetchItem item;
  item.kind = kind;
  return item;
}

// section-binary of RFC 3516: "[" [part] "]".
FetchItem read_binary(Reader& args, Kind kind) {
  const bool peek = has_prefix(args.rest(), "BINARY.P");
  FetchItem item = simple(kind);
  item.label = kind == Kind::Binary ? "BINARY" : "BINARY.SIZE";
  item.marks_seen = kind == Kind::Binary && !peek;
  while (!args.take('[')) args.take(args.next());
  read_section(args, item);
  if (item.section.what != What::All) args.fail("BINARY is of a part");
  if (kind == Kind::Binary) read_partial(args, item);
  return item;
}

// RFC 8970 section 4: LAZY asks for what is at hand, and previews are.  Other
// parentheses behind it are modifiers of FETCH.
void read_preview(Reader& args, std::vector<FetchItem>& items) {
  items.push_back(simple(Kind::Preview));
  if (!has_prefix(args.rest(), " (LAZY")) return;
  args.space();
  args.expect('(');
  do {
    if (!args.take_word("LAZY")) args.fail("unknown PREVIEW modifier");
  } while (args.take(' '));
  args.expect(')');
}

void read_item(Reader& args, std::vector<FetchItem>& items) {
  static constexpr struct {
    std::string_view word;
    Kind kind;
  } kSimple[] = {
      {"FLAGS", Kind::Flags},
      {"UID", Kind::UniqueId},
      {"INTERNALDATE", Kind::InternalDate},
      {"RFC822.SIZE", Kind::Size},
      {"ENVELOPE", Kind::Envelope},
      {"BODYSTRUCTURE", Kind::BodyStructure},
      {"MODSEQ", Kind::Modseq},
      {"EMAILID", Kind::EmailId},
      {"THREADID", Kind::ThreadId},
      {"SAVEDATE", Kind::SaveDate},
  };
  for (const auto& [word, kind] : kSimple) {
    if (args.take_word(word)) return items.push_back(simple(kind));
  }
  if (args.take_word("PREVIEW")) return read_preview(args, items);
  if (args.take_word("RFC822.HEADER")) {
    items.push_back(section_item("RFC822.HEADER", What::Header, false));
  } else if (args.take_word("RFC822.TEXT")) {
    items.push_back(section_item("RFC822.TEXT", What::Text, true));
  } else if (args.take_word("RFC822")) {
    items.push_back(section_item("RFC822", What::All, true));
  } else if (has_prefix(args.rest(), "BODY[") ||
             has_prefix(args.rest(), "BODY.PEEK[")) {
    const bool peek = has_prefix(args.rest(), "BODY.");
    while (!args.take('[')) args.take(args.next());
    FetchItem item = section_item("BODY", What::All, !peek);
    read_section(args, item);
    read_partial(args, item);
    items.push_back(std::move(item));
  } else if (has_prefix(args.rest(), "BINARY[") ||
             has_prefix(args.rest(), "BINARY.PEEK[")) {
    items.push_back(read_binary(args, Kind::Binary));
  } else if (has_prefix(args.rest(), "BINARY.SIZE[")) {
    items.push_back(read_binary(args, Kind::BinarySize));
  } else if (args.take_word("BODY")) {
    items.push_back(simple(Kind::Body));
  } else {
    args.fail("unknown FETCH item");
  }
}

// RFC 3501 6.4.5: macros stand alone.
bool read_macro(Reader& args, std::vector<FetchItem>& items) {
  const bool full = args.take_word("FULL");
  const bool all = full || args.take_word("ALL");
  if (!all && !args.take_word("FAST")) return false;
  for (const Kind kind : {Kind::Flags, Kind::InternalDate, Kind::Size}) {
    items.push_back(simple(kind));
  }
  if (all) items.push_back(simple(Kind::Envelope));
  if (full) items.push_back(simple(Kind::Body));
  return true;
}

}  // namespace

bool FetchItems::has(FetchItem::Kind kind) const {
  return std::ranges::any_of(
      items, [&](const FetchItem& item) { return item.kind == kind; });
}

void FetchItems::imply_first(FetchItem::Kind kind) {
  if (!has(kind)) items.insert(items.begin(), simple(kind));
}

void FetchItems::imply(FetchItem::Kind kind) {
  if (!has(kind)) items.push_back(simple(kind));
}

bool FetchItems::marks_seen() const {
  return std::ranges::any_of(items, &FetchItem::marks_seen);
}

FetchItems read_fetch_items(Reader& args) {
  FetchItems out;
  if (read_macro(args, out.items)) return out;
  if (!args.take('(')) {
    read_item(args, out.items);
    return out;
  }
  do {
    read_item(args, out.items);
    if (out.items.size() > kMaxFetchItems) args.limit("too many items");
  } while (args.take(' '));
  args.expect(')');
  return out;
}

}  // namespace mail::imap
