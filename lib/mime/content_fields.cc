#include "mime/content_fields.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "mime/header.h"

namespace mail::mime {
namespace {

// More of a value is not read.
constexpr std::size_t kLongest = 65'536;

constexpr std::size_t kMaxLanguages = 100;

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 127 &&
         std::ranges::all_of(text, [](char c) {
           constexpr std::string_view kSpecials = "()<>@,;:\\\"/[]?=";
           return c > ' ' && c < 0x7F && kSpecials.find(c) == kSpecials.npos;
         });
}

void set_type(Part& part, std::string_view value) {
  auto parsed = parse_parameterized(value);
  const std::size_t slash = parsed.value.find('/');
  const std::string_view text = parsed.value;
  const std::string_view type = text.substr(0, slash);
  const std::string_view subtype =
      slash == text.npos ? "" : text.substr(slash + 1);
  if (is_token(type) && is_token(subtype)) {
    part.type = type;
    part.subtype = subtype;
    part.parameters = std::move(parsed.parameters);
    return;
  }
  // RFC 2045 5.2: what cannot be read is plain text, in a digest too.
  part.type = "text";
  part.subtype = "plain";
  part.parameters = {{"charset", "us-ascii"}};
}

void set_encoding(Part& part, std::string_view value) {
  auto parsed = parse_parameterized(value);
  if (is_token(parsed.value)) part.encoding = std::move(parsed.value);
}

void set_disposition(Part& part, std::string_view value) {
  auto parsed = parse_parameterized(value);
  if (!is_token(parsed.value)) return;
  part.disposition = std::move(parsed.value);
  part.disposition_parameters = std::move(parsed.parameters);
}

void set_language(Part& part, std::string_view value) {
  const std::string line = unfold(value);
  for (const std::string_view tag : split(line, ',')) {
    if (part.language.size() == kMaxLanguages) return;
    if (is_token(trim(tag))) part.language.emplace_back(trim(tag));
  }
}

struct Row {
  std::string_view name;  // behind "Content-"
  void (*set)(Part& part, std::string_view value);
};

constexpr std::array<Row, 8> kRows = {{
    {"Type", set_type},
    {"Transfer-Encoding", set_encoding},
    {"Disposition", set_disposition},
    {"ID", [](Part& p, std::string_view v) { p.id = unfold(v); }},
    {"Description",
     [](Part& p, std::string_view v) { p.description = unfold(v); }},
    {"MD5", [](Part& p, std::string_view v) { p.md5 = unfold(v); }},
    {"Location", [](Part& p, std::string_view v) { p.location = unfold(v); }},
    {"Language", set_language},
}};

}  // namespace

std::optional<unsigned> content_field(std::string_view name) {
  constexpr std::string_view kPrefix = "Content-";
  if (name.size() <= kPrefix.size() || !has_prefix(name, kPrefix)) {
    return std::nullopt;
  }
  name.remove_prefix(kPrefix.size());
  for (unsigned i = 0; i < kRows.size(); ++i) {
    if (same_text(kRows[i].name, name)) return i;
  }
  return std::nullopt;
}

void set_content_field(Part& part, unsigned field, std::string_view value) {
  kRows[field].set(part, value.substr(0, kLongest));
}

}  // namespace mail::mime
