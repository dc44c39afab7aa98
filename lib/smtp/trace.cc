#include "smtp/trace.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/date.h"

namespace mail::smtp {
namespace {

// Clients say what they like; a Received field takes a domain or an address
// literal only.
std::string from_domain(const std::string& helo) {
  const bool good = !helo.empty() && std::ranges::all_of(helo, [](char c) {
    return is_alpha(c) || is_digit(c) ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
  return good ? helo : "unknown";
}

// TCP-info: "(mx.example.org [192.0.2.1])".
std::string tcp_info(const Client& client) {
  if (client.address.empty()) return "";
  const bool v6 = client.address.find(':') != std::string::npos;
  const std::string literal =
      (v6 ? "[IPv6:" : "[") + client.address + "]";
  return client.name.empty() ? " (" + literal + ")"
                             : " (" + client.name + " " + literal + ")";
}

}  // namespace

std::string protocol_word(const Client& client, const Sender& sender) {
  std::string word = client.service == Service::Lmtp ? "LMTP"
                     : sender.smtputf8               ? "SMTP"
                     : client.extended               ? "ESMTP"
                                                     : "SMTP";
  if (sender.smtputf8) word = "UTF8" + word;
  if (client.tls.active()) word += 'S';
  if (client.account) word += 'A';
  return word;
}

std::string received_field(const Client& client,
                           const Transaction& transaction,
                           std::string_view hostname, std::string_view id,
                           Micros now) {
  std::string out = "Received: from " + from_domain(client.helo);
  out += tcp_info(client);
  out.append("\r\n\tby ").append(hostname);
  out.append(" with ").append(protocol_word(client, transaction.sender));
  out.append(" id ").append(id);
  if (client.tls.active()) {
    out += "\r\n\t(" + client.tls.protocol + " " + client.tls.cipher + ")";
  }
  if (transaction.recipients.size() == 1) {
    out += "\r\n\tfor <" + transaction.recipients[0].address + ">";
  }
  return out.append(";\r\n\t").append(mime::format_date(now)).append("\r\n");
}

std::string missing_fields(const Facts& facts, std::string_view hostname,
                           std::string_view id, Micros now) {
  std::string out;
  if (!facts.has_date) out += "Date: " + mime::format_date(now) + "\r\n";
  if (!facts.has_message_id) {
    out.append("Message-ID: <").append(id).append("@");
    out.append(hostname).append(">\r\n");
  }
  return out;
}

}  // namespace mail::smtp
