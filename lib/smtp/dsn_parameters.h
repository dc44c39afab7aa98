// The parameters of MAIL and RCPT that ask for delivery status notifications:
// RFC 3461 section 4, and RFC 6533 section 3 for UTF-8 addresses.
#pragma once

#include "smtp/arguments.h"

namespace mail::smtp {

// Each puts the checked value in its place, or is the reply that says why not.
Parsed<bool> take_ret(Sender& sender, const Parameter& parameter);
Parsed<bool> take_envid(Sender& sender, const Parameter& parameter);
Parsed<bool> take_notify(Recipient& recipient, const Parameter& parameter);
Parsed<bool> take_orcpt(Recipient& recipient, const Parameter& parameter);

}  // namespace mail::smtp
