#include "relay/extensions.h"

#include <limits>

#include "base/ascii.h"

namespace mail::relay {
namespace {

constexpr std::size_t kMostMechanisms = 50;

struct Keyword {
  std::string_view name;
  bool Extensions::*member;
};
constexpr Keyword kKeywords[] = {
    {"PIPELINING", &Extensions::pipelining},
    {"8BITMIME", &Extensions::eight_bit},
    {"SMTPUTF8", &Extensions::utf8},
    {"CHUNKING", &Extensions::chunking},
    {"DSN", &Extensions::dsn},
    {"STARTTLS", &Extensions::starttls},
    {"REQUIRETLS", &Extensions::require_tls},
    {"SIZE", &Extensions::size},
};

void add_mechanisms(Extensions& extensions, std::string_view words) {
  for (const auto word : split(words, ' ')) {
    if (!word.empty() && extensions.auth.size() < kMostMechanisms) {
      extensions.auth.push_back(upper(word));
    }
  }
}

void read_line(Extensions& extensions, std::string_view line) {
  // "AUTH=LOGIN" is how it was before there was an RFC.
  const std::size_t end = line.find_first_of(" =");
  const std::string_view word = line.substr(0, end);
  const std::string_view rest =
      end == line.npos ? "" : trim(line.substr(end + 1));
  for (const Keyword& keyword : kKeywords) {
    if (same_text(keyword.name, word)) extensions.*keyword.member = true;
  }
  if (same_text(word, "AUTH")) add_mechanisms(extensions, rest);
  if (same_text(word, "SIZE")) {
    const auto most = parse_number(rest);
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if (most && *most <= static_cast<std::uint64_t>(kMost)) {
      extensions.most = static_cast<std::int64_t>(*most);
    }
  }
}

}  // namespace

Extensions read_extensions(const Reply& ehlo) {
  Extensions extensions;
  bool first = true;
  for (const auto line : split(ehlo.text, '\n')) {
    if (first) {
      extensions.name = lower(line.substr(0, line.find(' ')));
    } else {
      read_line(extensions, line);
    }
    first = false;
  }
  return extensions;
}

}  // namespace mail::relay
