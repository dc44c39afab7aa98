// Trace: the header fields a server adds to what passes through it.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "smtp/intake.h"

namespace mail::smtp {

// "ESMTPSA": what stands behind "with" (RFC 3848, RFC 6531 section 4.3).
std::string protocol_word(const Client& client, const Sender& sender);

// Our Received field, folded, with its CRLF (RFC 5321 section 4.4).  Names
// the recipient only when it is the only one.
std::string received_field(const Client& client,
                           const Transaction& transaction,
                           std::string_view hostname, std::string_view id,
                           Micros now);

// Date and Message-ID where a user's message has none (RFC 6409 section 8).
std::string missing_fields(const Facts& facts, std::string_view hostname,
                           std::string_view id, Micros now);

}  // namespace mail::smtp
