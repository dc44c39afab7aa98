// mailctl queue retry, hold, release, expire, bounce, delete.

#include <sysexits.h>

#include "admin/queue.h"
#include "base/process.h"

namespace mail::admin {

// What is kept back is a whole message; all else is done to the recipients
// that were meant.
std::vector<spool::QueueTarget> QueueCommands::chosen(spool::QueueVerb verb) {
  if (all_ == choice_.given()) {
    throw Exit(EX_USAGE, "name messages, say which, or say --all");
  }
  const bool parts = choice_.filter().about_recipients() &&
                     verb != spool::QueueVerb::Hold &&
                     verb != spool::QueueVerb::Release;
  std::vector<spool::QueueTarget> targets;
  choice_.each([&](const spool::QueueMessage& message) {
    auto& target = targets.emplace_back(spool::QueueTarget{message.id});
    if (!parts) return;
    for (const auto& recipient : message.all) {
      target.recipients.push_back(recipient.n);
    }
  });
  if (targets.empty() && choice_.names_messages()) {
    throw Exit(EX_DATAERR, "no such message in the queue");
  }
  return targets;
}

int QueueCommands::say_what_would_be(
    spool::QueueVerb verb, const std::vector<spool::QueueTarget>& targets) {
  std::vector<std::string> ids;
  for (const auto& target : targets) ids.push_back(target.id);
  const std::string name(word(verb));
  context_.output().done("would " + name + " " + std::to_string(ids.size()),
                         {{"would_" + name, ids}});
  return 0;
}

int QueueCommands::change(spool::QueueVerb verb) {
  const auto targets = chosen(verb);
  if (dry_run_) return say_what_would_be(verb, targets);
  const spool::QueueChange change =
      value_or_exit(context_.queue().change(verb, targets), EX_DATAERR);
  const auto all = static_cast<std::int64_t>(targets.size());
  const std::string name(word(verb));
  std::string sentence =
      name + ": " + std::to_string(change.done) + " of " + std::to_string(all);
  if (change.later > 0) {
    sentence += ", " + std::to_string(change.later) +
                " more when what is being delivered of them has been tried";
  }
  context_.output().done(
      sentence, {{name, change.done}, {"of", all}, {"later", change.later}});
  // Else: being delivered just now, or in another state.
  const bool any = change.done + change.later > 0 || targets.empty();
  return any ? 0 : EX_TEMPFAIL;
}

}  // namespace mail::admin
