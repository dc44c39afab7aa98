#include "admin/queue_text.h"

#include <algorithm>

#include "spool/attempts.h"

namespace mail::admin {
namespace {

// Of the recipients that are meant: the first whose turn comes.
const spool::QueueRecipient& first_of(const spool::QueueMessage& message) {
  const auto time = [](const spool::QueueRecipient& recipient) {
    return recipient.next_at == 0 ? INT64_MAX : recipient.next_at;
  };
  return *std::ranges::min_element(message.all, {}, time);
}

std::string recipient_line(const spool::QueueRecipient& recipient) {
  std::string line = recipient.address + " " + recipient.state + " after " +
                     std::to_string(recipient.attempts) + " attempts, next " +
                     time_text(recipient.next_at);
  if (!recipient.site.empty()) line += ", site " + recipient.site;
  if (!recipient.last.empty()) line += ": " + recipient.last;
  return line;
}

std::string attempt_line(const std::string& address,
                         const spool::Attempt& attempt) {
  std::string line = address + " " + time_text(attempt.at);
  for (const std::string& part :
       {attempt.host, attempt.code ? std::to_string(attempt.code) : "",
        attempt.enhanced, attempt.text}) {
    if (!part.empty()) line += " " + part;
  }
  return line;
}

}  // namespace

Record queue_row(const spool::QueueMessage& message) {
  static const spool::QueueRecipient kNobody;
  const auto& first = message.all.empty() ? kNobody : first_of(message);
  return {{"id", message.id},
          {"state", message.state},
          {"size", message.size},
          {"arrived", time_text(message.arrived)},
          {"next", time_text(message.state == "held" ? 0 : first.next_at)},
          {"recipients", static_cast<std::int64_t>(message.all.size())},
          {"sender", message.sender.empty() ? "<>" : message.sender},
          {"to", first.address},
          {"site", first.site},
          {"why", first.last}};
}

Record queue_details(const spool::QueueMessage& message, Format format) {
  Record record = queue_row(message);
  record.push_back({"expires", time_text(message.expires)});
  record.push_back({"account", static_cast<std::int64_t>(message.account)});
  std::vector<std::string> all;
  std::vector<std::string> tried;
  for (const spool::QueueRecipient& recipient : message.all) {
    all.push_back(recipient_line(recipient));
    for (const auto& attempt : spool::attempts_of(recipient.history)) {
      tried.push_back(attempt_line(recipient.address, attempt));
    }
  }
  if (format == Format::Json) {
    record.push_back({"each", all});
    record.push_back({"tried", tried});
  } else {
    for (const std::string& line : all) record.push_back({"recipient", line});
    for (const std::string& line : tried) record.push_back({"tried", line});
  }
  return record;
}

}  // namespace mail::admin
