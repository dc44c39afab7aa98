#include "admin/queue.h"

#include <sysexits.h>

#include <algorithm>

#include "admin/queue_text.h"
#include "base/process.h"
#include "spool/queue_ages.h"

namespace mail::admin {

QueueCommands::QueueCommands(Options& options, Context& context)
    : context_(context), choice_(context) {
  using spool::QueueVerb;
  Options& queue = options.command("queue", "what waits in the spool");
  choice_.declare(queue.command(
      "list", "one a line: id, state, size, arrived, next, recipients, "
              "sender, to, site, why",
      [this] { return list(); }));
  choice_.declare(queue.command("count", "how many messages match",
                                [this] { return count(); }));
  Options& shape_it = queue.command("shape", "recipients by domain and age",
                                    [this] { return shape(); });
  choice_.declare(shape_it);
  shape_it.value("--by", by_, "domain, site or sender (its domain)");
  Options& show_it = queue.command("show", "one message and its recipients",
                                   [this] { return show(); });
  show_it.argument("id", id_, "the message's id");
  queue.command("headers", "print a message's header",
                [this] { return print_part(Part::Headers); })
      .argument("id", id_, "the message's id");
  queue.command("body", "print a message's body",
                [this] { return print_part(Part::Body); })
      .argument("id", id_, "the message's id");
  declare_change(queue, QueueVerb::Retry, "try messages again now");
  declare_change(queue, QueueVerb::Hold, "keep messages back");
  declare_change(queue, QueueVerb::Release, "the end of that");
  declare_change(queue, QueueVerb::Expire,
                 "give up as if their time were over; tell their senders");
  declare_change(queue, QueueVerb::Bounce,
                 "send messages back to their senders");
  declare_change(queue, QueueVerb::Delete, "drop messages, without a bounce");
}

void QueueCommands::declare_change(Options& queue, spool::QueueVerb verb,
                                   const std::string& meaning) {
  Options& command = queue.command(std::string(word(verb)), meaning,
                                   [this, verb] { return change(verb); });
  choice_.declare_ids(command);
  choice_.declare(command);
  command.flag("--all", all_, "every message");
  command.flag("--dry-run", dry_run_, "only say what would be done");
}

int QueueCommands::list() {
  ListPrinter printer(context_.output());
  choice_.each([&](const spool::QueueMessage& message) {
    printer.add(queue_row(message));
  });
  printer.finish();
  return choice_.outcome();
}

int QueueCommands::count() {
  std::int64_t messages = 0;
  std::int64_t recipients = 0;
  std::int64_t octets = 0;
  choice_.each([&](const spool::QueueMessage& message) {
    ++messages;
    recipients += static_cast<std::int64_t>(message.all.size());
    octets += message.size;
  });
  context_.output().one({{"messages", messages},
                         {"recipients", recipients},
                         {"octets", octets}});
  return choice_.outcome();
}

int QueueCommands::show() {
  std::optional<spool::QueueMessage> message;
  choice_.only(id_);
  choice_.each([&](const spool::QueueMessage& found) { message = found; });
  if (!message && choice_.outcome() != 0) return choice_.outcome();
  if (!message) throw Exit(EX_DATAERR, "no such message in the queue");
  const std::string state = message->state;
  if (message->stored) {
    auto* const reader = context_.queue_reader();
    if (auto whole = reader ? reader->show(id_) : std::nullopt) {
      message = std::move(whole);
    }
    message->state = state;
  }
  context_.output().one(
      queue_details(*message, context_.output().format()));
  return choice_.outcome();
}

int QueueCommands::shape() {
  const std::map<std::string, spool::AgesBy> kinds = {
      {"domain", spool::AgesBy::Domain},
      {"site", spool::AgesBy::Site},
      {"sender", spool::AgesBy::Sender}};
  const auto kind = kinds.find(by_);
  if (kind == kinds.end()) throw Exit(EX_USAGE, "--by domain, site or sender");
  spool::AgeTable ages(kind->second, wall_time());
  choice_.each([&](const spool::QueueMessage& message) { ages.add(message); });
  std::vector<std::pair<std::string, spool::QueueAges>> rows(
      ages.rows().begin(), ages.rows().end());
  std::ranges::stable_sort(rows, std::greater{},
                           [](const auto& row) { return row.second.all; });
  std::vector<std::string> columns;
  for (std::size_t i = 0; i + 1 < spool::QueueAges::kBuckets; ++i) {
    columns.push_back(
        std::to_string(spool::QueueAges::bound(i) / kMinute) + "m");
  }
  columns.push_back("older");
  std::vector<Record> records;
  if (context_.output().format() == Format::Text) {
    Record& head = records.emplace_back(Record{{by_, by_}, {"all", "all"}});
    for (const auto& column : columns) head.push_back({column, column});
  }
  for (const auto& [name, one] : rows) {
    Record& record =
        records.emplace_back(Record{{by_, name}, {"all", one.all}});
    for (std::size_t i = 0; i < columns.size(); ++i) {
      record.push_back({columns[i], one.by_age[i]});
    }
  }
  context_.output().list(records);
  return choice_.outcome();
}

}  // namespace mail::admin
