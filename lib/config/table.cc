#include "config/table.h"

#include <algorithm>
#include <numeric>

#include "config/checks.h"

namespace mail::config {
namespace {

constexpr std::int64_t kMany = std::int64_t{1} << 62;
constexpr std::int64_t kLargestMessage = std::int64_t{2} << 30;
constexpr std::int64_t kYear = 366 * 86'400;

const Setting kSettings[] = {
    {.name = "hostname",
     .field = &Settings::hostname,
     .meaning = "The name this server gives itself in greetings and Received "
                "fields; the only setting that must be there.",
     .check = check_hostname},
    {.name = "data",
     .field = &Settings::data,
     .meaning = "The folder of the databases, the spool and the accounts.",
     .check = check_path},
    {.name = "run",
     .field = &Settings::run,
     .meaning = "The folder of the local sockets; empty: run in data."},
    {.name = "listen",
     .field = &Settings::listen,
     .meaning = "The sockets to bind, as NAME=ADDRESS:PORT or NAME=/PATH; "
                "empty: the service manager hands them over."},
    {.name = "tls_certificate",
     .field = &Settings::tls_certificate,
     .meaning = "The certificate and its chain (PEM); empty: no TLS."},
    {.name = "tls_key",
     .field = &Settings::tls_key,
     .meaning = "The private key of tls_certificate (PEM, not encrypted)."},
    {.name = "tls_more",
     .field = &Settings::tls_more,
     .meaning = "More pairs, as \"CERTIFICATE KEY\", chosen by the server "
                "name a client asks for.",
     .check = check_pair_of_paths},
    {.name = "workers",
     .field = &Settings::workers,
     .meaning = "Worker processes of a daemon; 0: one a core, of imapd one "
                "for four, at most 8.",
     .most = 64},
    {.name = "threads",
     .field = &Settings::threads,
     .meaning = "The most threads a worker process runs.",
     .least = 1,
     .most = 4096},
    {.name = "connections",
     .field = &Settings::connections,
     .meaning = "The most connections a daemon holds.",
     .least = 1,
     .most = kMostConnections},
    {.name = "connections_per_address",
     .field = &Settings::connections_per_address,
     .meaning = "The most connections from one address (IPv6: one /64) to a "
                "daemon.",
     .least = 1,
     .most = kMostConnections},
    {.name = "connections_per_account",
     .field = &Settings::connections_per_account,
     .meaning = "The most sessions of one account in a protocol.",
     .least = 1,
     .most = kMostConnections},
    {.name = "connections_for",
     .field = &Settings::connections_for,
     .meaning = "Other limits for some addresses, as ADDRESS=CONNECTIONS.",
     .check = check_limit_for},
    {.name = "smtp_message_size",
     .field = &Settings::smtp_message_size,
     .meaning = "The largest message taken over SMTP, in octets.",
     .least = 65'536,  // RFC 5321 4.5.3.1.7: at least 64K octets.
     .most = kLargestMessage},
    {.name = "smtp_timeout",
     .field = &Settings::smtp_timeout,
     .meaning = "Seconds of silence after which an SMTP client is let go.",
     .least = 5,
     .most = 86'400},
    {.name = "smtp_recipients",
     .field = &Settings::smtp_recipients,
     .meaning = "The most recipients of one message.",
     .least = 100,  // RFC 5321 4.5.3.1.8: at least 100.
     .most = 100'000},
    {.name = "smtp_hops",
     .field = &Settings::smtp_hops,
     .meaning = "The most Received fields a message may have: more is a loop.",
     .least = 10,
     .most = 1000},
    {.name = "smtp_relay_networks",
     .field = &Settings::smtp_relay_networks,
     .meaning = "Networks whose mail to any domain is taken without a "
                "password.",
     .check = check_network},
    {.name = "imap_timeout",
     .field = &Settings::imap_timeout,
     .meaning = "Seconds of silence after which an IMAP client is let go, and "
                "in which a command has to come whole, unless it flows; RFC "
                "3501 asks for at least 1800.",
     .least = 5,
     .most = 86'400},
    {.name = "imap_message_size",
     .field = &Settings::imap_message_size,
     .meaning = "The largest message APPEND takes, in octets.",
     .least = 65'536,
     .most = kLargestMessage},
    {.name = "auth_on_loopback",
     .field = &Settings::auth_on_loopback,
     .meaning = "Whether passwords are taken without TLS from this machine."},
    {.name = "auth_scram_sha1",
     .field = &Settings::auth_scram_sha1,
     .meaning = "Whether SCRAM-SHA-1 is offered beside SCRAM-SHA-256."},
    {.name = "auth_remember",
     .field = &Settings::auth_remember,
     .meaning = "Seconds for which a password that was right is remembered; "
                "0: not at all.",
     .most = 86'400},
    {.name = "subaddress_separator",
     .field = &Settings::subaddress_separator,
     .meaning = "What parts ann from lists in ann+lists@example.org; empty: "
                "no subaddresses.",
     .check = check_separator},
    {.name = "quota",
     .field = &Settings::quota,
     .meaning = "The most octets of mail in an account that has no quota of "
                "its own; 0: no limit.",
     .most = kMany},
    {.name = "minimum_free",
     .field = &Settings::minimum_free,
     .meaning = "Octets (but at least 2 % of the disk) that stay free: below, "
                "new mail is refused for the time being.",
     .most = kMany},
    {.name = "queue_expire",
     .field = &Settings::queue_expire,
     .meaning = "Seconds after which a message that cannot be delivered goes "
                "back to its sender.",
     .least = 1,
     .most = kYear},
    {.name = "queue_expire_null_sender",
     .field = &Settings::queue_expire_null_sender,
     .meaning = "The same for messages without a sender, which are dropped.",
     .least = 1,
     .most = kYear},
    {.name = "queue_delay_notice",
     .field = &Settings::queue_delay_notice,
     .meaning = "Seconds after which the sender of a message that is still "
                "tried is told so; 0: not at all.",
     .most = kYear},
    {.name = "queue_retry",
     .field = &Settings::queue_retry,
     .meaning = "Seconds from the first attempt to deliver to the second; the "
                "later ones follow in proportion.",
     .least = 1,
     .most = 86'400},
    {.name = "relayhost",
     .field = &Settings::relayhost,
     .meaning = "Where all mail goes that leaves and has no route of its own; "
                "empty: to the servers its domain names in the DNS.",
     .check = check_hops},
    {.name = "routes",
     .field = &Settings::routes,
     .meaning = "Where mail for some domains goes: a domain and its next hops "
                "each; a dot in front means all domains below it.",
     .check = check_route},
    {.name = "relay_passwords",
     .field = &Settings::relay_passwords,
     .meaning = "A file with a line LOGIN USER PASSWORD for each login a "
                "route has; closed to other users."},
    {.name = "relay_connections",
     .field = &Settings::relay_connections,
     .meaning = "The most connections to other servers with a message on its "
                "way.",
     .least = 1,
     .most = 10'000},
    {.name = "relay_site_connections",
     .field = &Settings::relay_site_connections,
     .meaning = "The most connections to one site: the servers of a domain, "
                "or of several that share them.",
     .least = 1,
     .most = 1000},
    {.name = "relay_site_start",
     .field = &Settings::relay_site_start,
     .meaning = "Connections to one site at first; more while all goes well.",
     .least = 1,
     .most = 1000},
    {.name = "senders",
     .field = &Settings::senders,
     .meaning = "Processes that bring mail to other servers.",
     .least = 1,
     .most = 8},
    {.name = "relay_timeout",
     .field = &Settings::relay_timeout,
     .meaning = "Seconds another server may take to answer a command; at the "
                "end of a message twice that.",
     .least = 1,
     .most = 3600},
    {.name = "relay_source_ipv4",
     .field = &Settings::relay_source_ipv4,
     .meaning = "The IPv4 address mail leaves from; empty: any of this "
                "machine's.",
     .check = check_ipv4},
    {.name = "relay_source_ipv6",
     .field = &Settings::relay_source_ipv6,
     .meaning = "The IPv6 address mail leaves from; empty: any of this "
                "machine's.",
     .check = check_ipv6},
    {.name = "tls_authorities",
     .field = &Settings::tls_authorities,
     .meaning = "The certificates of the authorities (PEM) that may vouch for "
                "other servers."},
    {.name = "dns_servers",
     .field = &Settings::dns_servers,
     .meaning = "Validating DNS servers to ask, as ADDRESS or ADDRESS@PORT; "
                "empty: the root servers and those they name.",
     .check = check_server},
    {.name = "dns_records",
     .field = &Settings::dns_records,
     .meaning = "A file of local DNS records that count before the network's."},
    {.name = "dns_local_only",
     .field = &Settings::dns_local_only,
     .meaning = "Whether names are looked up in dns_records alone."},
};

// Levenshtein's distance, by one row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

template <class List, class Show>
std::string show_list(const List& list, Show show_one) {
  std::string text = "[";
  for (const auto& item : list) {
    if (text.size() > 1) text += ", ";
    text += toml_string(show_one(item));
  }
  return text + "]";
}

std::string show_value(const std::string& value) { return toml_string(value); }
std::string show_value(std::int64_t value) { return std::to_string(value); }
std::string show_value(bool value) { return value ? "true" : "false"; }
std::string show_value(const std::vector<std::string>& value) {
  return show_list(value, [](const std::string& text) { return text; });
}
std::string show_value(const std::vector<Listen>& value) {
  return show_list(value, [](const Listen& l) { return to_string(l); });
}

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find(kSettings, name, &Setting::name);
  return found == std::end(kSettings) ? nullptr : found;
}

std::optional<std::string_view> similar_setting(std::string_view name) {
  if (name.size() > 64) return std::nullopt;
  const auto nearest = std::ranges::min_element(
      kSettings, {},
      [&](const Setting& setting) { return distance(name, setting.name); });
  if (distance(name, nearest->name) > 1 + name.size() / 4) {
    return std::nullopt;
  }
  return nearest->name;
}

std::string_view type_of(const Setting& setting) {
  constexpr std::string_view kTypes[] = {"text", "number", "true or false",
                                         "list of texts", "list of texts"};
  return kTypes[setting.field.index()];
}

std::string show(const Settings& settings, const Setting& setting) {
  return std::visit(
      [&](const auto field) { return show_value(settings.*field); },
      setting.field);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace mail::config
