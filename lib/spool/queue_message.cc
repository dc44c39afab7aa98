#include "spool/queue_message.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace mail::spool {
namespace {

bool fits(const QueueRecipient& recipient, const QueueFilter& filter) {
  const std::string_view address = recipient.address;
  return is_address(filter.recipient, address) &&
         (filter.domain.empty() || is_address("@" + filter.domain, address)) &&
         (filter.site.empty() || filter.site == recipient.site) &&
         (filter.reason.empty() ||
          lower(recipient.last).contains(lower(filter.reason)));
}

}  // namespace

bool keep_matching(QueueMessage& message, const QueueFilter& filter) {
  if (!filter.ids.empty() && !std::ranges::count(filter.ids, message.id)) {
    return false;
  }
  if (!filter.state.empty() && filter.state != message.state) return false;
  if (!is_address(filter.sender, message.sender)) return false;
  if (filter.account && *filter.account != message.account) return false;
  if (message.arrived < filter.arrived_from) return false;
  if (filter.arrived_until != 0 && message.arrived >= filter.arrived_until) {
    return false;
  }
  if (!filter.about_recipients()) return true;
  std::erase_if(message.all, [&](const QueueRecipient& recipient) {
    return !fits(recipient, filter);
  });
  return !message.all.empty();
}

}  // namespace mail::spool
