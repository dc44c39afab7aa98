#include "smtp/auth_exchange.h"

#include <utility>

#include "base/ascii.h"
#include "base/base64.h"

namespace mail::smtp {
namespace {

Reply success() { return {235, "2.7.0", "Welcome"}; }

Reply challenge(std::string_view text) { return {334, base64_encode(text)}; }

}  // namespace

AuthExchange::Outcome AuthExchange::start(std::string_view arguments,
                                          sasl::Attempt attempt) {
  const std::size_t blank = arguments.find(' ');
  attempt.mechanism = upper(arguments.substr(0, blank));
  if (attempt.mechanism.empty()) {
    return fail({501, "5.5.4", "Syntax: AUTH mechanism [response]"});
  }
  if (blank != arguments.npos) {
    const std::string_view text = trim(arguments.substr(blank + 1));
    // RFC 4954 section 4: "=" is an empty initial response.
    attempt.initial = base64_decode(text == "=" ? std::string_view() : text);
    if (text.empty()) attempt.initial.reset();
    if (!attempt.initial && !text.empty()) {
      return fail({501, "5.5.2", "Not base64"});
    }
  }
  return follow(authority_.start(attempt));
}

AuthExchange::Outcome AuthExchange::respond(std::string_view line) {
  if (line == "*") {
    cancel();
    return fail({501, "5.7.0", "Authentication cancelled"});
  }
  const auto response = base64_decode(line);
  if (!response) {
    cancel();
    return fail({501, "5.5.2", "Not base64"});
  }
  if (!finishing_) return follow(authority_.step(exchange_, *response));
  going_on_ = finishing_ = false;
  if (!response->empty()) return fail({501, "5.7.0", "Expected nothing"});
  return {success(), {}, account_, address_};
}

AuthExchange::Outcome AuthExchange::follow(const sasl::Answer& answer) {
  using Kind = sasl::Answer::Kind;
  exchange_ = answer.kind == Kind::Challenge ? answer.exchange : "";
  going_on_ = answer.kind == Kind::Challenge;
  switch (answer.kind) {
    case Kind::Challenge:
      return {challenge(answer.text), {}, 0, {}};
    case Kind::Success:
      if (answer.text.empty()) {
        return {success(), {}, answer.account, answer.address};
      }
      // RFC 4954 section 4: SMTP's success has no room for data.
      going_on_ = finishing_ = true;
      account_ = answer.account;
      address_ = answer.address;
      return {challenge(answer.text), {}, 0, {}};
    case Kind::Failure:
      return {{535, "5.7.8", "Wrong name or password"}, answer.delay, 0, {}};
    case Kind::Unavailable:
      return fail({454, "4.7.0", "Authentication is not possible now"});
    case Kind::Unknown:
      return fail({504, "5.5.4", "No such mechanism here"});
  }
  return fail({454, "4.7.0", "Authentication is not possible now"});
}

AuthExchange::Outcome AuthExchange::fail(const Reply& reply) {
  going_on_ = false;
  return {reply, {}, 0, {}};
}

void AuthExchange::cancel() {
  if (!exchange_.empty()) authority_.cancel(exchange_);
  exchange_.clear();
  going_on_ = finishing_ = false;
}

}  // namespace mail::smtp
