#include "admin/queue_choice.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "admin/duration.h"
#include "base/ascii.h"
#include "base/process.h"
#include "base/text.h"
#include "spool/shelves.h"
#include "spool/spool.h"

namespace mail::admin {
namespace {

// As it stands in queue.db, where the name is one.
std::string canonical(const std::string& domain) {
  return domain_to_ascii(domain).value_or(domain);
}

void canonical_end(std::string& address) {
  const auto at = address.rfind('@');
  if (at == address.npos) return;
  address = address.substr(0, at + 1) + canonical(address.substr(at + 1));
}

}  // namespace

void QueueChoice::declare(Options& command) {
  command.list("--id", more_ids_, "only these messages");
  command.value("--state", filter_.state,
                "only these: active, deferred, held or failed");
  command.value("--from,--sender", filter_.sender,
                "only of an address or @DOMAIN; <> for reports");
  command.value("--to,--recipient", filter_.recipient,
                "only for an address or @DOMAIN");
  command.value("--domain", filter_.domain, "only for addresses of a domain");
  command.value("--site", filter_.site, "only for a site (site list)");
  command.value("--account", account_, "only sent by this account");
  command.value("--reason", filter_.reason,
                "only where the last attempt came to words with this in them");
  command.value("--older", older_, "only what came longer ago: 2h, 1d");
  command.value("--newer", newer_, "only what came since: 10m");
}

void QueueChoice::declare_ids(Options& command) {
  command.optional_arguments("id", ids_, "the messages");
}

bool QueueChoice::names_only() const {
  return !filter_.about_recipients() && filter_.state.empty() &&
         filter_.sender.empty() && account_.empty() && older_.empty() &&
         newer_.empty();
}

bool QueueChoice::given() const { return names_messages() || !names_only(); }

std::set<std::string> QueueChoice::named() const {
  std::set<std::string> ids(ids_.begin(), ids_.end());
  ids.insert(more_ids_.begin(), more_ids_.end());
  return ids;
}

spool::QueueFilter QueueChoice::filter() {
  spool::QueueFilter filter = filter_;
  filter.ids = ids_;
  filter.ids.insert(filter.ids.end(), more_ids_.begin(), more_ids_.end());
  for (const std::string& id : filter.ids) {
    if (!spool::is_id(id)) throw Exit(EX_DATAERR, id + " is no message's id");
  }
  const std::set<std::string> states = {"", "active", "deferred", "held",
                                        "failed"};
  if (!states.contains(filter.state)) {
    throw Exit(EX_USAGE, "there is no state " + filter.state);
  }
  canonical_end(filter.sender);
  canonical_end(filter.recipient);
  if (!filter.domain.empty()) filter.domain = canonical(filter.domain);
  if (!account_.empty()) filter.account = context_.account(account_).id;
  const Micros now = wall_time();
  if (!older_.empty()) {
    filter.arrived_until =
        now - value_or_exit(parse_duration(older_), EX_USAGE);
  }
  if (!newer_.empty()) {
    filter.arrived_from = now - value_or_exit(parse_duration(newer_), EX_USAGE);
  }
  return filter;
}

void QueueChoice::missed(const std::string& why) {
  missed_ = true;
  remark(why + "; new mail and what it has in hand are not among these");
}

// Whether anything waits that queue.db does not know.
bool QueueChoice::any_new() {
  const std::string folder = context_.settings().spool();
  if (::access((folder + "/in").c_str(), F_OK) != 0) return false;
  const spool::Shelves shelves(folder);
  auto* const reader = context_.queue_reader();
  return std::ranges::any_of(
      shelves.list(spool::Shelf::In), [&](const std::string& id) {
        return !(reader && reader->has(id)) &&
               shelves.open(spool::Shelf::In, id).has_value();
      });
}

int QueueChoice::outcome() const { return missed_ ? EX_TEMPFAIL : 0; }

void QueueChoice::each(
    const std::function<void(const spool::QueueMessage&)>& use) {
  const spool::QueueFilter wanted = filter();
  std::set<std::string> active;
  std::map<std::string, spool::QueueMessage> fresh;
  if (spool::QueueClient* const client = context_.queue_if_up()) {
    const auto told = client->each_active([&](spool::QueueMessage message) {
      active.insert(message.id);
      if (message.stored || !keep_matching(message, wanted)) return;
      fresh.emplace(message.id, std::move(message));
    });
    if (!told) missed(told.error().why);
  } else if (context_.queue_runs() || any_new()) {
    missed("queue-runner does not answer");
  }
  const auto use_fresh_before = [&](const std::string& id) {
    while (!fresh.empty() && (id.empty() || fresh.begin()->first <= id)) {
      const auto next = fresh.extract(fresh.begin());
      if (next.key() != id) use(next.mapped());
    }
  };
  if (auto* const reader = context_.queue_reader()) {
    reader->each(wanted, active, [&](const spool::QueueMessage& message) {
      use_fresh_before(message.id);
      use(message);
    });
  }
  use_fresh_before("");
}

}  // namespace mail::admin
