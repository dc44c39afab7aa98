// The second part of a report: message/delivery-status (RFC 3464), or its
// form for UTF-8 addresses (RFC 6533).
#pragma once

#include <string>

#include "deliver/bounce.h"

namespace mail::deliver {

// message/global-delivery-status when it is_global(), else
// ASCII and nothing but.
std::string bounce_facts(const BounceRequest& request,
                         const spool::Item& item);

}  // namespace mail::deliver
