#include "relay/fit.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/address.h"
#include "mime/xtext.h"

namespace mail::relay {
namespace {

constexpr std::size_t kLongestOrcpt = 500;  // RFC 3461 5.4

Verdict no(std::string_view enhanced, std::string_view text) {
  return {Verdict::Outcome::Permanent, 0, std::string(enhanced),
          std::string(text)};
}

// Whether it can stand between < and > and end there.
bool is_path(std::string_view address) {
  const bool clean = std::ranges::none_of(address, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  });
  const std::string path = '<' + std::string(address) + '>';
  return clean && mime::path_length(path) == path.size();
}

// xtext and lists of words: nothing that could end the parameter.
bool is_value(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f;
  });
}

void add(std::string& command, std::string_view name, std::string_view value) {
  if (!is_value(value)) return;
  command.append(" ").append(name).append("=").append(value);
}

void add_ascii(std::string& command, std::string_view name,
               std::string_view value) {
  if (is_ascii(value)) add(command, name, value);
}

bool utf8_addresses(const Transaction& transaction) {
  return !is_ascii(transaction.sender) ||
         std::ranges::any_of(transaction.recipients, [](const auto& one) {
           return !is_ascii(one.address);
         });
}

// Whether MAIL says SMTPUTF8.  RFC 6531 3.4: where something needs it, only.
bool says_utf8(const Transaction& transaction, const Extensions& server) {
  const bool content = transaction.smtputf8 && transaction.has_8bit;
  return server.utf8 && (content || utf8_addresses(transaction));
}

// RFC 6533 section 3: for where UTF-8 was not agreed upon.  Only this type of
// address can hold it, and has a form in ASCII.
std::string ascii_orcpt(const std::string& orcpt) {
  const std::size_t address = orcpt.find(';') + 1;
  if (!has_prefix(orcpt, "utf-8;")) return orcpt;
  const std::string ascii = orcpt.substr(0, address) +
                            mime::ascii_unitext(orcpt.substr(address));
  return ascii.size() > kLongestOrcpt ? "" : ascii;
}

}  // namespace

bool must_stay_secret(const Transaction& transaction) {
  return transaction.require_tls && !transaction.sender.empty();
}

bool needs_downgrade(const Transaction& transaction,
                     const Extensions& server) {
  return transaction.has_8bit && !server.eight_bit;
}

std::optional<Verdict> misfit(const Transaction& transaction,
                              const Extensions& server,
                              const Circumstances& circumstances) {
  if (!is_path(transaction.sender)) {
    return no("5.1.7", "the sender's address cannot be sent");
  }
  if (server.most > 0 && transaction.size() > server.most) {
    return no("5.3.4", "the message is larger than the server takes: " +
                           std::to_string(transaction.size()) + " of " +
                           std::to_string(server.most) + " octets");
  }
  if (!server.utf8 && !is_ascii(transaction.sender)) {
    return no("5.6.7", "the server does not know SMTPUTF8, which the sender's "
                       "address needs");
  }
  if (!server.utf8 && transaction.smtputf8 && circumstances.utf8_header) {
    return no("5.6.9", "the server does not know SMTPUTF8, which the "
                       "message's header needs");
  }
  if (!must_stay_secret(transaction)) return {};
  if (!circumstances.proved_tls) {
    return no("5.7.10", "no connection as secret as the sender demands");
  }
  if (!server.require_tls) {
    return no("5.7.30", "the server does not know REQUIRETLS, which the "
                        "sender demands");
  }
  return {};
}

std::optional<Verdict> misfit(const Recipient& recipient,
                              const Extensions& server) {
  if (recipient.address.empty() || !is_path(recipient.address)) {
    return no("5.1.3", "the address cannot be sent");
  }
  if (!server.utf8 && !is_ascii(recipient.address)) {
    return no("5.6.7", "the server does not know SMTPUTF8, which the address "
                       "needs");
  }
  return {};
}

std::string mail_command(const Transaction& transaction,
                         const Extensions& server) {
  std::string command = "MAIL FROM:<" + transaction.sender + ">";
  if (server.size) command += " SIZE=" + std::to_string(transaction.size());
  if (server.eight_bit && transaction.has_8bit) command += " BODY=8BITMIME";
  if (says_utf8(transaction, server)) command += " SMTPUTF8";
  if (server.dsn) {
    add_ascii(command, "RET", transaction.ret);
    add_ascii(command, "ENVID", transaction.envid);
  }
  if (server.require_tls && must_stay_secret(transaction)) {
    command += " REQUIRETLS";
  }
  return command + "\r\n";
}

std::string rcpt_command(const Recipient& recipient,
                         const Transaction& transaction,
                         const Extensions& server) {
  std::string command = "RCPT TO:<" + recipient.address + ">";
  if (server.dsn) {
    add_ascii(command, "NOTIFY", recipient.notify);
    if (says_utf8(transaction, server)) {
      add(command, "ORCPT", recipient.orcpt);
    } else {
      add_ascii(command, "ORCPT", ascii_orcpt(recipient.orcpt));
    }
  }
  return command + "\r\n";
}

}  // namespace mail::relay
