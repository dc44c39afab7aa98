// Trouble: what a peer is told when the machine lets us down in a command.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "smtp/reply.h"

namespace mail::smtp {

// Does `work`; a Fault comes back as the reply to give: 452 for missing
// space, 451 for the rest (RFC 5321 4.2.3).  The one place around a command
// where exceptions are caught.
std::optional<Reply> trouble_in(std::string_view command,
                                const std::function<void()>& work);

}  // namespace mail::smtp
