#include "admin/queue.h"

#include <sysexits.h>

#include "base/process.h"

namespace mail::admin {
namespace {

// Ids in one question: each takes 27 octets of a packet.
constexpr std::size_t kAtOnce = 1000;

Record row(const spool::QueueMessage& message) {
  return {{"id", message.id},
          {"state", message.state},
          {"size", message.size},
          {"arrived", time_text(message.arrived)},
          {"next", time_text(message.next_at)},
          {"recipients", message.recipients},
          {"sender", message.sender.empty() ? "<>" : message.sender},
          {"why", message.why}};
}

}  // namespace

QueueCommands::QueueCommands(Options& options, Context& context)
    : context_(context) {
  Options& queue = options.command("queue", "what waits in the spool");
  Options& list_them =
      queue.command("list", "one a line: id, state, size, arrived, next, "
                            "recipients, sender, why",
                    [this] { return list(); });
  list_them.value("--state", filter_.state,
                  "only these: active, deferred, waiting or held");
  list_them.value("--sender", filter_.sender, "only of an address or @DOMAIN");
  list_them.value("--recipient", filter_.recipient,
                  "only for an address or @DOMAIN");
  Options& show_it = queue.command("show", "one message and its recipients",
                                   [this] { return show(); });
  show_it.argument("id", id_, "the message's id");
  declare_change(queue, "retry", "try messages again now");
  declare_change(queue, "hold", "keep messages back");
  declare_change(queue, "release", "the end of that");
  declare_change(queue, "delete", "drop messages, without a bounce");
}

void QueueCommands::declare_change(Options& queue, const std::string& verb,
                                   const std::string& meaning) {
  Options& command =
      queue.command(verb, meaning, [this, verb] { return change(verb); });
  command.optional_arguments("id", ids_, "the messages");
  command.flag("--all", all_, "every message that matches");
  command.value("--state", filter_.state, "with --all: only these");
  command.value("--sender", filter_.sender, "with --all: only of these");
  command.value("--recipient", filter_.recipient, "with --all: only for these");
  command.flag("--dry-run", dry_run_, "only say what would be done");
}

int QueueCommands::list() {
  spool::QueueClient client(context_.settings().queue_control());
  std::vector<Record> records;
  ok_or_exit(client.each(filter_,
                         [&](const spool::QueueMessage& message) {
                           records.push_back(row(message));
                         }),
             EX_DATAERR);
  context_.output().list(records);
  return 0;
}

int QueueCommands::show() {
  spool::QueueClient client(context_.settings().queue_control());
  const auto message = value_or_exit(client.show(id_), EX_DATAERR);
  Record record = row(message);
  record.push_back({"expires", time_text(message.expires)});
  std::vector<std::string> all;
  for (const spool::QueueRecipient& recipient : message.all) {
    all.push_back(recipient.address + " " + recipient.state + " after " +
                  std::to_string(recipient.attempts) + " attempts, next " +
                  time_text(recipient.next_at) +
                  (recipient.last.empty() ? "" : ": " + recipient.last));
  }
  if (context_.output().format() == Format::Json) {
    record.push_back({"each", all});
    context_.output().one(record);
    return 0;
  }
  for (const std::string& line : all) record.push_back({"recipient", line});
  context_.output().one(record);
  return 0;
}

std::vector<std::string> QueueCommands::chosen(spool::QueueClient& client) {
  if (all_ == !ids_.empty()) {
    throw Exit(EX_USAGE, "name messages or say --all");
  }
  if (!all_) return ids_;
  std::vector<std::string> ids;
  ok_or_exit(client.each(filter_,
                         [&](const spool::QueueMessage& message) {
                           ids.push_back(message.id);
                         }),
             EX_DATAERR);
  return ids;
}

int QueueCommands::change(const std::string& verb) {
  spool::QueueClient client(context_.settings().queue_control());
  const auto ids = chosen(client);
  if (dry_run_) {
    for (const std::string& id : ids) {
      value_or_exit(client.show(id), EX_DATAERR);
    }
    context_.output().done(
        "would " + verb + " " + std::to_string(ids.size()),
        {{"would_" + verb, ids}});
    return 0;
  }
  std::int64_t done = 0;
  for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
    const auto end = std::min(at + kAtOnce, ids.size());
    done += value_or_exit(
        client.change(verb, {ids.begin() + static_cast<std::ptrdiff_t>(at),
                             ids.begin() + static_cast<std::ptrdiff_t>(end)}),
        EX_DATAERR);
  }
  context_.output().done(verb + ": " + std::to_string(done) + " of " +
                             std::to_string(ids.size()),
                         {{verb, done},
                          {"of", static_cast<std::int64_t>(ids.size())}});
  if (done > 0 || ids.empty()) return 0;
  // Being delivered just now, in another state, or not there at all.
  return client.show(ids.front()) ? EX_TEMPFAIL : EX_DATAERR;
}

}  // namespace mail::admin
