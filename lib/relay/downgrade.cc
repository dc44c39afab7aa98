#include "relay/downgrade.h"

#include "base/ascii.h"

namespace mail::relay {

Downgrade::Downgrade(const Transaction& transaction, const Fd& file)
    : transaction_(transaction),
      mapping_(file, static_cast<std::size_t>(transaction.length)),
      passed_([this](std::size_t offset) { mapping_.let_go(offset); }) {
  auto plan = mime::SevenBit::plan(mapping_.view(), passed_);
  if (!plan) {
    why_ = plan.error().why;
    return;
  }
  if (!is_ascii(transaction.prefix)) {
    why_ = "a field in front of it has octets above 127";
    return;
  }
  transaction_.length = plan->size();
  transaction_.has_8bit = false;
  // A part that was decoded may begin a line with a dot.
  transaction_.has_leading_dot = true;
  plan_ = std::move(*plan);
}

bool Downgrade::write(const mime::SevenBit::Sink& sink) const {
  return plan_->write(mapping_.view(), sink, passed_);
}

}  // namespace mail::relay
