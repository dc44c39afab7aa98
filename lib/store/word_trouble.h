// attempt_index: runs work on search.db, whose trouble is nobody's business.
//
// One of the places where a Fault is caught (base/fault.h): what the index
// cannot say is read from the messages themselves, so that neither damage nor
// a full disk is ever an error to somebody who searches.
#pragma once

#include <functional>
#include <string>

namespace mail::store {

enum class Trouble { None, Some, Damage };

struct IndexOutcome {
  Trouble trouble = Trouble::None;
  std::string why;
};

IndexOutcome attempt_index(const std::function<void()>& work);

}  // namespace mail::store
