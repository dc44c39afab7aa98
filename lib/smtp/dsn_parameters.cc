#include "smtp/dsn_parameters.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/xtext.h"

namespace mail::smtp {
namespace {

// RFC 3461 5.4: at least so long.
constexpr std::size_t kLongestEnvid = 100;
constexpr std::size_t kLongestNotify = 28;
constexpr std::size_t kLongestOrcpt = 500;

std::unexpected<Reply> no(std::string_view text) {
  return std::unexpected(Reply(501, "5.5.4", text));
}

// RFC 3461 4.2 and 4.4: graphic and white space characters of ASCII.
bool is_printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; });
}

bool is_printable_xtext(std::string_view text) {
  const auto decoded = mime::decode_xtext(text);
  return decoded && !decoded->empty() && is_printable(*decoded);
}

// RFC 5322 3.2.3, without ";" it cannot hold.
bool is_atom(std::string_view text) {
  constexpr std::string_view kSpecials = "()<>[]:;@\\,.\"";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return c > ' ' && c < 0x7f && kSpecials.find(c) == kSpecials.npos;
  });
}

// utf-8-enc-addr: decodes to UTF-8 that can stand in one line.
bool is_utf8_address(std::string_view text) {
  const auto decoded = mime::decode_unitext(text);
  return decoded && !decoded->empty() &&
         std::ranges::none_of(*decoded, [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
         });
}

}  // namespace

Parsed<bool> take_ret(Sender& sender, const Parameter& parameter) {
  const std::string value = upper(parameter.value);
  if (value != "FULL" && value != "HDRS") return no("RET is FULL or HDRS");
  sender.ret = value;
  return true;
}

Parsed<bool> take_envid(Sender& sender, const Parameter& parameter) {
  const auto value = parameter.value;
  if (value.size() > kLongestEnvid || !is_printable_xtext(value)) {
    return no("ENVID is xtext of at most 100 characters");
  }
  sender.envid = value;
  return true;
}

Parsed<bool> take_notify(Recipient& recipient, const Parameter& parameter) {
  const std::string value = upper(parameter.value);
  std::vector<std::string_view> seen;
  bool good = value.size() <= kLongestNotify;
  for (const std::string_view word : split(value, ',')) {
    const bool known =
        word == "SUCCESS" || word == "FAILURE" || word == "DELAY";
    good = good && known && std::ranges::find(seen, word) == seen.end();
    seen.push_back(word);
  }
  if (value != "NEVER" && !good) {
    return no("NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY");
  }
  recipient.notify = value;
  return true;
}

Parsed<bool> take_orcpt(Recipient& recipient, const Parameter& parameter) {
  const auto value = parameter.value;
  const std::size_t semicolon = value.find(';');
  if (value.size() > kLongestOrcpt || semicolon == value.npos ||
      !is_atom(value.substr(0, semicolon))) {
    return no("ORCPT is TYPE;ADDRESS of at most 500 characters");
  }
  const auto address = value.substr(semicolon + 1);
  const bool utf8 = same_text(value.substr(0, semicolon), "utf-8");
  if (utf8 ? !is_utf8_address(address) : !is_printable_xtext(address)) {
    return no("The address in ORCPT is not encoded as it must be");
  }
  recipient.orcpt = value;
  return true;
}

}  // namespace mail::smtp
