#include "mime/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <optional>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::mime {
namespace {

// atext of RFC 5322 3.2.3, with UTF8-non-ascii (RFC 6531 3.3).
bool is_atext(char c) {
  if (static_cast<unsigned char>(c) >= 0x80) return true;
  if (is_alpha(c) || is_digit(c)) return true;
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return kOthers.find(c) != kOthers.npos;
}

bool is_dot_string(std::string_view local) {
  bool atom = false;
  for (const char c : local) {
    if (c == '.' && !atom) return false;
    if (c != '.' && !is_atext(c)) return false;
    atom = c != '.';
  }
  return atom;
}

bool is_printable(char c) { return c >= ' ' && c != 0x7F; }

struct LocalPart {
  std::string text;
  std::size_t length;  // as written
};

// Quoted-string of RFC 5321 4.1.2, at the front.
std::optional<LocalPart> read_quoted(std::string_view text) {
  std::string local;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') return LocalPart{std::move(local), i + 1};
    if (c == '\\') {
      if (++i == text.size()) break;
      c = text[i];
    }
    const bool high = static_cast<unsigned char>(c) >= 0x80;
    if (!high && !is_printable(c)) break;
    local += c;
  }
  return std::nullopt;
}

std::optional<LocalPart> read_local(std::string_view text) {
  if (text.starts_with('"')) return read_quoted(text);
  const std::string_view local = text.substr(0, text.find('@'));
  if (!is_dot_string(local)) return std::nullopt;
  return LocalPart{std::string(local), local.size()};
}

template <class Bytes>
std::optional<std::string> canonical(int family, const std::string& text) {
  Bytes bytes;
  std::array<char, INET6_ADDRSTRLEN> out;
  if (inet_pton(family, text.c_str(), &bytes) != 1) return std::nullopt;
  inet_ntop(family, &bytes, out.data(), out.size());
  return std::string(out.data());
}

// `inside`: what stands between the brackets (RFC 5321 4.1.3).  No tag but
// IPv6 was ever registered.
Result<std::string> parse_literal(std::string_view inside) {
  constexpr std::string_view kTag = "IPv6:";
  if (has_prefix(inside, kTag)) {
    const auto v6 =
        canonical<in6_addr>(AF_INET6, std::string(inside.substr(kTag.size())));
    if (v6) return "[IPv6:" + *v6 + "]";
  } else if (const auto v4 = canonical<in_addr>(AF_INET, std::string(inside))) {
    return "[" + *v4 + "]";
  }
  return refuse("bad address literal");
}

// Behind "@a,@b:", when there is one.
Result<std::string_view> skip_route(std::string_view text) {
  if (!text.starts_with('@')) return text;
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return refuse("source route without end");
  for (const std::string_view hop : split(text.substr(0, colon), ',')) {
    if (!hop.starts_with('@') || !parse_domain(hop.substr(1))) {
      return refuse("bad source route");
    }
  }
  return text.substr(colon + 1);
}

}  // namespace

Result<std::string> parse_domain(std::string_view text) {
  if (text.size() > kMaxDomain) return refuse("domain too long");
  if (text.starts_with('[') && text.ends_with(']')) {
    // A NUL would end the text for inet_pton only.
    if (text.find('\0') != text.npos) return refuse("bad address literal");
    return parse_literal(text.substr(1, text.size() - 2));
  }
  auto domain = domain_to_ascii(text);
  if (!domain) return refuse("bad domain name");
  return std::move(*domain);
}

Result<Address> Address::parse(std::string_view text) {
  if (text.size() > 2 * (kMaxLocal + kMaxDomain)) {
    return refuse("address too long");
  }
  auto local = read_local(text);
  if (!local || local->text.empty()) return refuse("bad local part");
  if (local->text.size() > kMaxLocal) return refuse("local part too long");
  if (!is_utf8(local->text)) return refuse("local part is not UTF-8");
  text.remove_prefix(local->length);
  if (!text.starts_with('@')) return refuse("address has no domain");
  auto name = parse_domain(text.substr(1));
  if (!name) return std::unexpected(name.error());
  return Address{std::move(local->text), std::move(*name)};
}

Result<Address> Address::parse_path(std::string_view text) {
  const auto mailbox = skip_route(text);
  if (!mailbox) return std::unexpected(mailbox.error());
  return parse(*mailbox);
}

std::string Address::str() const { return quote_local(local) + "@" + domain; }

std::size_t path_length(std::string_view text) {
  if (!text.starts_with('<')) return 0;
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (!quoted && text[i] == '>') return i + 1;
  }
  return 0;
}

std::string quote_local(std::string_view local) {
  if (is_dot_string(local)) return std::string(local);
  std::string out = "\"";
  for (const char c : local) {
    const bool high = static_cast<unsigned char>(c) >= 0x80;
    if (!high && !is_printable(c)) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace mail::mime
