#include "smtp/reception.h"

#include <utility>

#include "base/fault.h"
#include "smtp/trouble.h"

namespace mail::smtp {

Reception::Reception(Scanner::Form form, Bounds bounds)
    : bounds_(bounds), scanner_(form, *this) {}

void Reception::begin(std::unique_ptr<Incoming> incoming,
                      std::string_view trace) {
  incoming_ = std::move(incoming);
  incoming_->trace(trace);
}

void Reception::refuse(const Reply& reply) {
  incoming_.reset();
  if (!refusal_) refusal_ = reply;
}

Scanner::Step Reception::feed(std::string_view bytes) {
  const Scanner::Step step = scanner_.scan(bytes);
  if (refusal()) incoming_.reset();
  return step;
}

void Reception::write(std::string_view bytes) {
  size_ += static_cast<std::int64_t>(bytes.size());
  if (size_ > bounds_.size) incoming_.reset();
  if (!incoming_) return;
  const auto trouble =
      trouble_in("DATA", [&] { incoming_->write(bytes); });
  if (trouble) refuse(*trouble);
}

std::optional<Reply> Reception::refusal() const {
  const Facts& facts = scanner_.facts();
  if (refusal_) return refusal_;
  if (size_ > bounds_.size) {
    return Reply(552, "5.3.4", "The message is too large");
  }
  if (facts.has_bare_newline && bounds_.newlines == Newlines::Strict) {
    return Reply(550, "5.5.2", "A bare CR or LF: lines end with CR LF");
  }
  if (facts.has_nul) {
    // RFC 5322 4 and RFC 2045 2.8: in no message; IMAP could not show it.
    return Reply(550, "5.6.0", "A NUL byte in the message");
  }
  if (facts.received_fields > bounds_.hops) {
    return Reply(554, "5.4.6", "Too many hops: the message goes in circles");
  }
  return {};
}

Reply Reception::finish() {
  scanner_.finish();
  if (const auto why = refusal()) return *why;
  require(incoming_ != nullptr, "a message without a place to go");
  Reply reply(451, "4.3.0", "Trouble here; try again later");
  const auto trouble = trouble_in(
      "DATA", [&] { reply = incoming_->accept(scanner_.facts()); });
  incoming_.reset();
  return trouble.value_or(reply);
}

}  // namespace mail::smtp
