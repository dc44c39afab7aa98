// QueueFilter: which messages of the queue are meant.
//
// Its members combine: a message matches when it fits those about messages,
// and one of its recipients fits all that are about recipients.  Empty ones
// match everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mail::spool {

struct QueueFilter {
  // About the message.
  std::vector<std::string> ids = {};
  std::string state = {};     // active, deferred, held or failed
  std::string sender = {};     // an address, "@domain", or "<>"
  std::optional<std::uint64_t> account = {};  // that sent it
  Micros arrived_from = 0;
  Micros arrived_until = 0;              // 0: no end

  // About a recipient.
  std::string recipient = {};   // an address or "@domain"
  std::string domain = {};
  std::string site = {};
  std::string reason = {};      // part of what the last attempt came to

  bool about_recipients() const {
    return !recipient.empty() || !domain.empty() || !site.empty() ||
           !reason.empty();
  }
};

// Whether an address is the one wanted, or of the "@domain" wanted, whatever
// the case of its letters.
bool is_address(std::string_view wanted, std::string_view address);

}  // namespace mail::spool
