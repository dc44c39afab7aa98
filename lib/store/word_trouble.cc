#include "store/word_trouble.h"

#include "db/statement.h"

namespace mail::store {

IndexOutcome attempt_index(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const db::Damaged& damaged) {
    return {Trouble::Damage, damaged.what()};
  } catch (const Fault& fault) {
    return {Trouble::Some, fault.what()};
  }
}

}  // namespace mail::store
