#include "smtp/arguments.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/ascii.h"
#include "mime/address.h"
#include "mime/xtext.h"
#include "smtp/dsn_parameters.h"

namespace mail::smtp {
namespace {

constexpr std::size_t kLongestHelo = 255;

std::unexpected<Reply> no(int code, std::string_view enhanced,
                          std::string_view text) {
  return std::unexpected(Reply(code, enhanced, text));
}

// RFC 5321 4.1.2: esmtp-keyword.
bool is_keyword(std::string_view text) {
  if (text.empty() || text[0] == '-') return false;
  return std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-';
  });
}

// esmtp-value, with UTF-8 where RFC 6531 allows it.
bool is_value(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return false;
  return std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '=' && c != 0x7f;
  });
}

Parsed<Parameter> parse_parameter(std::string_view word) {
  Parameter parameter;
  const std::size_t equals = word.find('=');
  parameter.keyword = word.substr(0, equals);
  parameter.has_value = equals != word.npos;
  if (parameter.has_value) parameter.value = word.substr(equals + 1);
  const bool good = is_keyword(parameter.keyword) &&
                    (!parameter.has_value || is_value(parameter.value));
  if (!good) return no(501, "5.5.4", "Bad parameter");
  return parameter;
}

// The words behind the path, each keyword once.
Parsed<std::vector<Parameter>> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  std::set<std::string> seen;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    auto parameter = parse_parameter(word);
    if (!parameter) return std::unexpected(parameter.error());
    if (!seen.insert(upper(parameter->keyword)).second) {
      return no(501, "5.5.4", "The same parameter twice");
    }
    parameters.push_back(*parameter);
  }
  return parameters;
}

// Splits "FROM:<path> parameters".  Blanks before the path are none of the
// standard, but of many clients.
struct PathAndRest {
  std::string_view path;  // without < and >
  std::string_view rest;
};
std::optional<PathAndRest> split_path(std::string_view text,
                                      std::string_view keyword) {
  if (!has_prefix(text, keyword)) return {};
  text.remove_prefix(keyword.size());
  while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
  const std::size_t length = mime::path_length(text);
  if (length < 2) return {};
  const std::string_view rest = text.substr(length);
  if (!rest.empty() && rest[0] != ' ') return {};
  return PathAndRest{text.substr(1, length - 2), rest};
}

Parsed<bool> take_size(Sender& sender, const Parameter& parameter) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto digits = parameter.value;
  const bool good = !digits.empty() && digits.size() <= 20 &&
                    std::ranges::all_of(digits, is_digit);
  if (!good) return no(501, "5.5.4", "SIZE is a number");
  // RFC 1870 section 3: up to 20 digits; larger than all we count is too
  // large for us whatever it is.
  const auto size = parse_number(digits);
  sender.size = size && *size < static_cast<std::uint64_t>(kMost)
                    ? static_cast<std::int64_t>(*size)
                    : kMost;
  return true;
}

// A mailbox in xtext; RFC 6531 3.7.1 lets UTF-8 stand in it.
bool is_author(std::string_view text) {
  std::string ascii(text);
  std::erase_if(ascii, [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
  return mime::decode_xtext(ascii).has_value();
}

Parsed<bool> take_parameter(Sender& sender, const Parameter& parameter) {
  const std::string keyword = upper(parameter.keyword);
  if (keyword == "SIZE") return take_size(sender, parameter);
  if (keyword == "BODY") {
    sender.eight_bit_mime = same_text(parameter.value, "8BITMIME");
    if (sender.eight_bit_mime || same_text(parameter.value, "7BIT")) {
      return true;
    }
    return no(501, "5.5.4", "BODY is 7BIT or 8BITMIME");
  }
  if (keyword == "SMTPUTF8") {
    sender.smtputf8 = true;
    if (!parameter.has_value) return true;
    return no(501, "5.5.4", "SMTPUTF8 takes no value");
  }
  if (keyword == "AUTH") {
    // RFC 4954 section 5: nobody is trusted to name an author for another.
    if (parameter.has_value && is_author(parameter.value)) return true;
    return no(501, "5.5.4", "AUTH is a mailbox in xtext");
  }
  if (keyword == "RET") return take_ret(sender, parameter);
  if (keyword == "ENVID") return take_envid(sender, parameter);
  return no(555, "5.5.4", "Unknown parameter");
}

Parsed<bool> take_parameter(Recipient& recipient, const Parameter& parameter) {
  const std::string keyword = upper(parameter.keyword);
  if (keyword == "NOTIFY") return take_notify(recipient, parameter);
  if (keyword == "ORCPT") return take_orcpt(recipient, parameter);
  return no(555, "5.5.4", "Unknown parameter");
}

}  // namespace

Parsed<Sender> parse_mail(std::string_view text) {
  const auto parts = split_path(text, "FROM:");
  if (!parts) return no(501, "5.5.4", "Syntax: MAIL FROM:<address>");
  Sender sender;
  const auto parameters = parse_parameters(parts->rest);
  if (!parameters) return std::unexpected(parameters.error());
  for (const Parameter& parameter : *parameters) {
    const auto taken = take_parameter(sender, parameter);
    if (!taken) return std::unexpected(taken.error());
  }
  if (parts->path.empty()) return sender;
  const auto address = mime::Address::parse_path(parts->path);
  if (!address) return no(501, "5.1.7", "Bad sender: " + address.error().why);
  // RFC 6531 3.5 has the codes.  A U-label needs it too, though we store the
  // domain as A-labels.
  if (!is_ascii(parts->path) && !sender.smtputf8) {
    return no(550, "5.6.7", "This address needs SMTPUTF8");
  }
  sender.address = address->str();
  sender.domain = address->domain;
  return sender;
}

Parsed<Recipient> parse_rcpt(std::string_view text) {
  const auto parts = split_path(text, "TO:");
  if (!parts) return no(501, "5.5.4", "Syntax: RCPT TO:<address>");
  const auto parameters = parse_parameters(parts->rest);
  if (!parameters) return std::unexpected(parameters.error());
  Recipient recipient;
  for (const Parameter& parameter : *parameters) {
    const auto taken = take_parameter(recipient, parameter);
    if (!taken) return std::unexpected(taken.error());
  }
  // RFC 5321 4.1.1.3: the one recipient without a domain.
  if (same_text(parts->path, "Postmaster")) {
    recipient.address = recipient.local = "postmaster";
    return recipient;
  }
  const auto address = mime::Address::parse_path(parts->path);
  if (!address) {
    return no(501, "5.1.3", "Bad recipient: " + address.error().why);
  }
  recipient.address = address->str();
  recipient.local = address->local;
  recipient.domain = address->domain;
  // RFC 6533 section 3: raw UTF-8 in ORCPT needs it as well.
  recipient.needs_utf8 =
      !is_ascii(parts->path) || !is_ascii(recipient.orcpt);
  return recipient;
}

Parsed<Chunk> parse_bdat(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const auto size = parse_number(text.substr(0, blank));
  const std::string_view rest =
      blank == text.npos ? std::string_view() : trim(text.substr(blank));
  const bool last = same_text(rest, "LAST");
  if (!size || (!last && !rest.empty())) {
    return no(501, "5.5.4", "Syntax: BDAT size [LAST]");
  }
  return Chunk{*size, last};
}

Parsed<std::string> parse_helo(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= kLongestHelo &&
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!good) return no(501, "5.5.4", "Say who you are: EHLO name");
  return std::string(text);
}

}  // namespace mail::smtp
