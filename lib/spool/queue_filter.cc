#include "spool/queue_filter.h"

#include "base/ascii.h"

namespace mail::spool {

bool is_address(std::string_view wanted, std::string_view address) {
  if (wanted.empty()) return true;
  if (wanted == "<>") return address.empty();
  if (wanted.front() != '@') return same_text(wanted, address);
  return address.size() >= wanted.size() &&
         same_text(wanted, address.substr(address.size() - wanted.size()));
}

}  // namespace mail::spool
