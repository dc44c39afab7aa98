#include "smtp/reception.h"

#include <utility>

#include "smtp/trouble.h"

namespace mail::smtp {

Reception::Reception(Scanner::Form form, Bounds bounds)
    : bounds_(bounds), scanner_(form, *this) {}

void Reception::begin(std::unique_ptr<Incoming> incoming,
                      std::string_view trace) {
  incoming_ = std::move(incoming);
  incoming_->write(trace);
}

void Reception::refuse(const Reply& reply) {
  incoming_.reset();
  if (!refusal_) refusal_ = reply;
}

Scanner::Step Reception::feed(std::string_view bytes) {
  const Scanner::Step step = scanner_.scan(bytes);
  judge();
  return step;
}

void Reception::write(std::string_view bytes) {
  size_ += static_cast<std::int64_t>(bytes.size());
  if (size_ > bounds_.size) {
    refuse({552, "5.3.4", "The message is too large"});
  }
  if (!incoming_) return;
  const auto trouble =
      trouble_in("DATA", [&] { incoming_->write(bytes); });
  if (trouble) refuse(*trouble);
}

void Reception::judge() {
  if (refusal_) return;
  const Facts& facts = scanner_.facts();
  if (facts.has_bare_newline && bounds_.newlines == Newlines::Strict) {
    refuse({550, "5.5.2", "A bare CR or LF: lines end with CR LF"});
  } else if (facts.has_nul) {
    // RFC 5322 4 and RFC 2045 2.8: in no message; IMAP could not show it.
    refuse({550, "5.6.0", "A NUL byte in the message"});
  } else if (facts.received_fields > bounds_.hops) {
    refuse({554, "5.4.6", "Too many hops: the message goes in circles"});
  }
}

Reply Reception::finish() {
  scanner_.finish();
  judge();
  if (refusal_ || !incoming_) {
    return refusal_.value_or(Reply(451, "4.3.0", "Nothing was received"));
  }
  Reply reply(451, "4.3.0", "Trouble here; try again later");
  const auto trouble = trouble_in(
      "DATA", [&] { reply = incoming_->accept(scanner_.facts()); });
  incoming_.reset();
  return trouble.value_or(reply);
}

}  // namespace mail::smtp
