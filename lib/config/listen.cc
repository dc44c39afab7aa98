#include <array>

#include "base/ascii.h"
#include "config/checks.h"
#include "config/table.h"

namespace mail::config {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "smtp", "submission", "submissions", "lmtp",  "imap",       "imaps",
    "pop3", "pop3s",      "http",        "https", "managesieve"};

std::unexpected<Refusal> wrong(std::string_view text) {
  return refuse("\"" + std::string(text) +
                "\" is not of the form NAME=ADDRESS:PORT or NAME=/PATH");
}

}  // namespace

Result<Listen> parse_listen(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos) return wrong(text);
  Listen listen;
  listen.name = text.substr(0, equals);
  if (std::ranges::find(kNames, listen.name) == kNames.end()) {
    return refuse("there is no service \"" + listen.name + "\"");
  }
  std::string_view where = text.substr(equals + 1);
  if (where.starts_with('/')) {
    if (check_path(where)) return wrong(text);
    // sun_path has 108 octets, one of them for the end.
    if (where.size() > 107) return refuse("a socket's path is too long");
    listen.address = where;
    return listen;
  }
  const auto colon = where.rfind(':');
  if (colon == where.npos) return wrong(text);
  const auto port = parse_number(where.substr(colon + 1));
  where = where.substr(0, colon);
  const bool brackets = where.starts_with('[') && where.ends_with(']');
  if (brackets) where = where.substr(1, where.size() - 2);
  const bool has_colon = where.find(':') != where.npos;
  if (!port || *port == 0 || *port > 65535 || has_colon != brackets ||
      !is_ip_address(where)) {
    return wrong(text);
  }
  listen.address = where;
  listen.port = static_cast<std::uint16_t>(*port);
  return listen;
}

std::string to_string(const Listen& listen) {
  if (listen.address.starts_with('/')) {
    return listen.name + "=" + listen.address;
  }
  const bool six = listen.address.find(':') != std::string::npos;
  return listen.name + "=" + (six ? "[" : "") + listen.address +
         (six ? "]" : "") + ":" + std::to_string(listen.port);
}

}  // namespace mail::config
