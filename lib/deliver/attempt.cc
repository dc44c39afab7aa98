#include "deliver/attempt.h"

#include "base/fault.h"

namespace mail::deliver {

Result<void> attempt(const std::function<void()>& command) {
  try {
    command();
    return {};
  } catch (const Fault& fault) {
    return refuse(fault.what());
  }
}

}  // namespace mail::deliver
