// mailctl queue retry, hold, release, expire, bounce, delete.

#include <sysexits.h>

#include <algorithm>
#include <set>

#include "admin/queue.h"
#include "base/process.h"

namespace mail::admin {
namespace {

using spool::QueueVerb;

// Of what is not in hand: whether there is anything to do.
bool would_change(QueueVerb verb, const spool::QueueMessage& message) {
  const auto any = [&message](auto fits) {
    return std::ranges::any_of(message.all, fits);
  };
  switch (verb) {
    case QueueVerb::Hold: return message.state != "held";
    case QueueVerb::Release: return message.state == "held";
    case QueueVerb::Retry:  // what is held has no time
      return any([](const auto& one) { return one.next_at > 0; });
    case QueueVerb::Expire:
    case QueueVerb::Bounce:
      return any([](const auto& one) { return one.state == "deferred"; });
    case QueueVerb::Delete: return true;
  }
  return false;
}

}  // namespace

// What is kept back is a whole message; all else is done to the recipients
// that were meant.
QueueCommands::Chosen QueueCommands::choose(spool::QueueVerb verb) {
  if (all_ == choice_.given()) {
    throw Exit(EX_USAGE, "name messages, say which, or say --all");
  }
  const bool parts = choice_.filter().about_recipients() &&
                     verb != QueueVerb::Hold && verb != QueueVerb::Release;
  Chosen chosen;
  std::set<std::string> missing = choice_.named();
  choice_.each([&](const spool::QueueMessage& message) {
    missing.erase(message.id);
    const bool in_hand = message.state == "active";
    if (in_hand) {
      ++chosen.in_hand;  // it may be held as well
    } else if (would_change(verb, message)) {
      chosen.would.push_back(message.id);
    }
    auto& target = chosen.targets.emplace_back(spool::QueueTarget{message.id});
    if (!parts) return;
    for (const auto& recipient : message.all) {
      target.recipients.push_back(recipient.n);
    }
  });
  for (const auto& id : missing) {
    remark(id +
           (choice_.outcome() != 0 ? ": not in queue.db"
                                   : ": no such message in the queue") +
           (choice_.names_only() ? "" : ", or it does not fit"));
  }
  chosen.all_found = missing.empty();
  if (chosen.targets.empty() && !chosen.all_found) {
    const int unseen = choice_.outcome();
    throw Exit(unseen != 0 ? unseen : EX_DATAERR, "");
  }
  return chosen;
}

int QueueCommands::say_what_would_be(spool::QueueVerb verb,
                                     const Chosen& chosen) {
  const std::string name(word(verb));
  const auto all = static_cast<std::int64_t>(chosen.targets.size());
  std::string sentence = "would " + name + " " +
                         std::to_string(chosen.would.size()) + " of " +
                         std::to_string(all);
  if (chosen.in_hand > 0) {
    sentence += ", up to " + std::to_string(chosen.in_hand) +
                " more that are being delivered just now";
  }
  context_.output().done(sentence, {{"would_" + name, chosen.would},
                                    {"of", all},
                                    {"in_hand", chosen.in_hand}});
  if (const int unseen = choice_.outcome(); unseen != 0) return unseen;
  return chosen.all_found ? 0 : EX_DATAERR;
}

int QueueCommands::change(spool::QueueVerb verb) {
  const Chosen chosen = choose(verb);
  if (dry_run_) return say_what_would_be(verb, chosen);
  const auto& targets = chosen.targets;
  const spool::QueueChange change =
      value_or_exit(context_.queue().change(verb, targets), EX_TEMPFAIL);
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
  if (!any || choice_.outcome() != 0) return EX_TEMPFAIL;
  return chosen.all_found ? 0 : EX_DATAERR;
}

}  // namespace mail::admin
