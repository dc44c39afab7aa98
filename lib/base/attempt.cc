#include "base/attempt.h"

#include "base/fault.h"

namespace mail {

Result<void> attempt(const std::function<void()>& command) {
  try {
    command();
    return {};
  } catch (const Fault& fault) {
    return refuse(fault.what());
  }
}

}  // namespace mail
