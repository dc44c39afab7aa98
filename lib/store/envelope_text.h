// ENVELOPE as IMAP sends it (RFC 3501 7.4.2), with its parentheses.
#pragma once

#include <string>

#include "mime/header.h"

namespace mail::store {

std::string envelope_text(const mime::Header& header);

}  // namespace mail::store
