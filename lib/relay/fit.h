// Fit: what of a message a server can take, and the commands that say it.
//
// A message with octets above 127 needs 8BITMIME (RFC 6152 section 3), one
// whose header or addresses hold them SMTPUTF8 (RFC 6531 3.2).  To a server
// without 8BITMIME it goes converted, where that can be (relay/downgrade.h);
// else, and to one without SMTPUTF8, it does not go, and its sender is told.
#pragma once

#include <optional>
#include <string>

#include "relay/extensions.h"
#include "relay/transaction.h"
#include "relay/verdict.h"

namespace mail::relay {

// What is known of the message and the connection besides.
struct Circumstances {
  bool utf8_header = false;   // octets above 127 in the header
  bool proved_tls = false;    // encrypted, and the host is who it should be
};

// Whether it has to be converted for that server.
bool needs_downgrade(const Transaction& transaction, const Extensions& server);

// Why the server cannot take the message at all, converted or not; or nothing.
std::optional<Verdict> misfit(const Transaction& transaction,
                              const Extensions& server,
                              const Circumstances& circumstances);

// Why it cannot take this recipient, or nothing.
std::optional<Verdict> misfit(const Recipient& recipient,
                              const Extensions& server);

// "MAIL FROM:<...> ...\r\n", "RCPT TO:<...> ...\r\n"; for what fits.
std::string mail_command(const Transaction& transaction,
                         const Extensions& server);
std::string rcpt_command(const Recipient& recipient,
                         const Transaction& transaction,
                         const Extensions& server);

// Whether RFC 8689 is to be kept: bounces may go without (4.2.1).
bool must_stay_secret(const Transaction& transaction);

}  // namespace mail::relay
