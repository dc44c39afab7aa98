// SpecialUse: what a mailbox is for, as IMAP says it (RFC 6154 section 2).
#pragma once

#include <optional>
#include <string_view>

#include "store/types.h"

namespace mail::imap {

// "\Drafts"; empty for mailboxes without a special use.
std::string_view use_attribute(store::Role role);

// The role of "\Drafts", the case apart; nothing for uses that no mailbox
// here can have, as \All and \Flagged.
std::optional<store::Role> parse_use(std::string_view attribute);

}  // namespace mail::imap
