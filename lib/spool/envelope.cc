#include "spool/envelope.h"

#include <charconv>

#include "base/ascii.h"
#include "base/base32.h"
#include "base/fault.h"

namespace mail::spool {
namespace {

constexpr std::string_view kFirst = "staunch-envelope 1";
constexpr std::string_view kLast = "end";

// '%' and control characters as %XX: a value never starts a line of its own.
std::string escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte != 0x7f && c != '%') {
      out += c;
      continue;
    }
    out += '%' + upper(hex(std::string_view(&c, 1)));
  }
  return out;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> unescape(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '%') {
      out += value[i];
      continue;
    }
    if (value.size() - i < 3) return {};
    const int high = hex_digit(value[i + 1]);
    const int low = hex_digit(value[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

template <class Number>
bool number_of(std::string_view value, Number& number) {
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size();
}

// A record: its name, and the one member of the envelope it stands for.
using Text = std::string Envelope::*;
using Flag = bool Envelope::*;
using Number = std::int64_t Envelope::*;
using Account = std::uint64_t Envelope::*;
struct Record {
  std::string_view name;
  Text text = nullptr;
  Number number = nullptr;
  Account account = nullptr;
  Flag flag = nullptr;
};

constexpr Record kRecords[] = {
    {.name = "arrived", .number = &Envelope::arrived},
    {.name = "sender", .text = &Envelope::sender},
    {.name = "ret", .text = &Envelope::ret},
    {.name = "envid", .text = &Envelope::envid},
    {.name = "account", .account = &Envelope::account},
    {.name = "client-address", .text = &Envelope::client_address},
    {.name = "client-name", .text = &Envelope::client_name},
    {.name = "helo", .text = &Envelope::helo},
    {.name = "tls", .text = &Envelope::tls},
    {.name = "protocol", .text = &Envelope::protocol},
    {.name = "smtputf8", .flag = &Envelope::smtputf8},
    {.name = "8bitmime", .flag = &Envelope::eight_bit_mime},
    {.name = "requiretls", .flag = &Envelope::require_tls},
    {.name = "hold-until", .number = &Envelope::hold_until},
    {.name = "deliver-by", .number = &Envelope::deliver_by},
    {.name = "priority", .number = &Envelope::priority},
    {.name = "prefix", .text = &Envelope::prefix},
    {.name = "has-8bit", .flag = &Envelope::has_8bit},
    {.name = "has-long-line", .flag = &Envelope::has_long_line},
    {.name = "has-leading-dot", .flag = &Envelope::has_leading_dot},
    {.name = "report-on", .text = &Envelope::report_on},
};

void put(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(" ").append(escape(value)).append("\n");
}

void put_record(std::string& out, const Envelope& envelope,
                const Record& record) {
  if (record.text) {
    // The sender always stands: the null sender is one too.
    const std::string& text = envelope.*record.text;
    if (!text.empty() || record.name == "sender") put(out, record.name, text);
  } else if (record.flag) {
    if (envelope.*record.flag) out.append(record.name).append("\n");
  } else if (record.account) {
    const auto number = envelope.*record.account;
    if (number) put(out, record.name, std::to_string(number));
  } else {
    const auto number = envelope.*record.number;
    if (number) put(out, record.name, std::to_string(number));
  }
}

bool take_record(Envelope& envelope, const Record& record,
                 std::string_view value) {
  if (record.flag) {
    envelope.*record.flag = true;
    return value.empty();
  }
  if (record.account) return number_of(value, envelope.*record.account);
  if (record.number) return number_of(value, envelope.*record.number);
  auto text = unescape(value);
  if (text) envelope.*record.text += *text;
  return text.has_value();
}

bool take_recipient(Envelope& envelope, std::string_view name,
                    std::string_view value) {
  auto text = unescape(value);
  if (!text) return false;
  if (name == "recipient") {
    envelope.recipients.push_back({std::move(*text), {}, {}});
    return true;
  }
  if (envelope.recipients.empty()) return false;
  Recipient& last = envelope.recipients.back();
  (name == "orcpt" ? last.orcpt : last.notify) = std::move(*text);
  return true;
}

bool take_line(Envelope& envelope, std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  const std::string_view value =
      space == line.npos ? std::string_view() : line.substr(space + 1);
  if (name == "recipient" || name == "orcpt" || name == "notify") {
    return take_recipient(envelope, name, value);
  }
  if (name == "settles") {
    auto text = unescape(value);
    if (text) envelope.settles.push_back(std::move(*text));
    return text.has_value();
  }
  for (const Record& record : kRecords) {
    if (record.name == name) return take_record(envelope, record, value);
  }
  return true;  // of a later version: nothing we need
}

}  // namespace

std::string serialize(const Envelope& envelope) {
  std::string out(kFirst);
  out += '\n';
  for (const Record& record : kRecords) put_record(out, envelope, record);
  for (const Recipient& recipient : envelope.recipients) {
    put(out, "recipient", recipient.address);
    if (!recipient.orcpt.empty()) put(out, "orcpt", recipient.orcpt);
    if (!recipient.notify.empty()) put(out, "notify", recipient.notify);
  }
  for (const auto& one : envelope.settles) put(out, "settles", one);
  return out.append(kLast).append("\n");
}

Result<Envelope> parse_envelope(std::string_view text) {
  Envelope envelope;
  bool first = true;
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return refuse("envelope ends early");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first && line != kFirst) return refuse("not an envelope of version 1");
    if (!first && line == kLast) break;
    if (!first && !take_line(envelope, line)) {
      return refuse("envelope record \"" + std::string(line) + "\"");
    }
    first = false;
  }
  if (!text.empty()) return refuse("something behind the envelope's end");
  return envelope;
}

}  // namespace mail::spool
