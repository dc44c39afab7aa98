// attempt: runs one command whose trouble must not end the process.
//
//   if (const auto done = attempt([&] { book.save(...); }); !done) {
//     ... done.error().why ...
//   }
//
// One of the places where a Fault is caught (base/fault.h): around one batch,
// one question, one group of changes.
#pragma once

#include <functional>

#include "base/result.h"

namespace mail {

Result<void> attempt(const std::function<void()>& command);

}  // namespace mail
