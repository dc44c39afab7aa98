// Message ids: what Message-ID, In-Reply-To and References name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mail::mime {

// Ids beyond this number are dropped: the first and the newest are kept.
inline constexpr std::size_t kMaxIds = 1'000;

// The ids in a field, in order, without < >, folding, comments and quotes:
// "<a@x> (c) <\"b\"@x>" holds "a@x" and "b@x".  A lone word with an '@' and no
// brackets counts.
std::vector<std::string> message_ids(std::string_view value);

// The first of them, or empty.
std::string message_id(std::string_view value);

}  // namespace mail::mime
