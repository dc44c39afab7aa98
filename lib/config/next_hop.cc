#include "config/next_hop.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>

#include "base/ascii.h"
#include "base/text.h"
#include "config/checks.h"

namespace mail::config {
namespace {

constexpr std::uint16_t kLmtpPort = 24;
constexpr std::uint64_t kLongestRetry = 86'400;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::optional<std::string> host_name(std::string_view text) {
  if (is_ip_address(text)) return std::string(text);
  return domain_to_ascii(text);
}

Result<void> take_port(NextHop& hop, std::string_view text) {
  if (text.empty()) return {};
  const auto port =
      text.front() == ':' ? parse_number(text.substr(1)) : std::nullopt;
  if (!port || *port == 0 || *port > 65535) {
    return refuse("\"" + std::string(text) + "\" is not a port such as :587");
  }
  hop.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<void> take_place(NextHop& hop, std::string_view text) {
  if (text.starts_with("lmtp:")) {
    hop.protocol = NextHop::Protocol::Lmtp;
    hop.port = kLmtpPort;
  }
  if (text.starts_with("lmtp:") || text.starts_with("smtp:")) {
    text.remove_prefix(5);
  }
  const bool bracket = text.starts_with('[');
  if (bracket) text.remove_prefix(1);
  const auto end = text.find(bracket ? ']' : ':');
  if (bracket && end == text.npos) return refuse("a bracket is not closed");
  const auto name = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), name.size() + (bracket ? 1 : 0)));
  if (!bracket && name == "mx") {
    hop.kind = NextHop::Kind::Own;
  } else {
    const auto canonical = bracket ? host_name(name) : domain_to_ascii(name);
    if (!canonical) {
      return refuse("\"" + std::string(name) + "\" is not a host or domain");
    }
    hop.kind = bracket ? NextHop::Kind::Host : NextHop::Kind::Mx;
    hop.name = *canonical;
  }
  return take_port(hop, text);
}

Result<void> take_option(NextHop& hop, std::string_view text) {
  constexpr std::array<std::string_view, 4> kTls = {"may", "required",
                                                    "verified", "implicit"};
  if (text.starts_with("tls=")) {
    const auto word = std::ranges::find(kTls, text.substr(4));
    if (word == kTls.end()) {
      return refuse("tls= wants may, required, verified or implicit");
    }
    hop.tls = static_cast<NextHop::Tls>(word - kTls.begin());
    return {};
  }
  if (text.starts_with("login=") && text.size() > 6) {
    hop.login = text.substr(6);
    return {};
  }
  return refuse("\"" + std::string(text) + "\" is neither tls= nor login=");
}

Result<NextHop> parse_hop(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return refuse("a next hop is missing");
  NextHop hop;
  if (const auto done = take_place(hop, words.front()); !done) {
    return std::unexpected(done.error());
  }
  for (const auto option : words | std::views::drop(1)) {
    if (const auto done = take_option(hop, option); !done) {
      return std::unexpected(done.error());
    }
  }
  const bool secret = !hop.login.empty();
  if (secret && hop.tls == NextHop::Tls::May) {
    return refuse("login= needs tls=required, verified or implicit");
  }
  return hop;
}

// Takes "retry=60" off the front.
Result<std::int64_t> take_retry(std::string_view& text) {
  constexpr std::string_view kRetry = "retry=";
  text = trim(text);
  if (!text.starts_with(kRetry)) return 0;
  const auto end = std::min(text.find(' '), text.size());
  const auto seconds = parse_number(text.substr(0, end).substr(kRetry.size()));
  if (!seconds || *seconds == 0 || *seconds > kLongestRetry) {
    return refuse("retry= wants seconds from 1 to 86400");
  }
  text.remove_prefix(end);
  return static_cast<std::int64_t>(*seconds);
}

}  // namespace

Result<Way> parse_way(std::string_view text) {
  Way way;
  const bool several = text.find(',') != text.npos;
  const auto retry = take_retry(text);
  if (!retry) return std::unexpected(retry.error());
  way.retry = *retry;
  for (const auto one : split(text, ',')) {
    auto hop = parse_hop(one);
    if (!hop && several) {
      return refuse("\"" + std::string(trim(one)) + "\": " + hop.error().why);
    }
    if (!hop) return std::unexpected(hop.error());
    way.hops.push_back(std::move(*hop));
  }
  if (way.hops.size() > kMaxHops) return refuse("more than 8 next hops");
  return way;
}

Result<RouteLine> parse_route(std::string_view text) {
  const auto space = text.find(' ');
  const std::string_view domain = text.substr(0, space);
  const bool below = domain.starts_with('.');
  const auto canonical = domain_to_ascii(domain.substr(below ? 1 : 0));
  if (!canonical || space == text.npos) {
    return refuse("\"" + std::string(text) +
                  "\" is not a domain and its next hops");
  }
  auto way = parse_way(text.substr(space + 1));
  if (!way) return refuse(std::string(domain) + ": " + way.error().why);
  return RouteLine{(below ? "." : "") + *canonical, std::move(*way)};
}

}  // namespace mail::config
