#include "directory/expansion.h"

#include "directory/schema.h"
#include "directory/sqlite_directory.h"

namespace mail::directory {

Result<std::vector<Destination>> Expansion::run(std::string_view address) {
  const auto name = parse_name(address);
  if (!name) return std::unexpected(name.error());
  if (!has_domain(db_, name->domain)) {
    // Not ours: its local part means what its own server says, so its case
    // is kept.
    const std::string kept = mime::Address::parse(address)->str();
    return std::vector{Destination{0, kept, ""}};
  }
  if (!follow({*name, ""})) return refuse("no such address here");
  while (!open_.empty()) {
    const Step step = std::move(open_.back());
    open_.pop_back();
    follow(step);
    if (found_.size() + open_.size() > kMaxDestinations) {
      return refuse("the address leads to too many others");
    }
  }
  if (found_.empty()) return refuse("the address leads nowhere");
  return std::move(found_);
}

// False when there is no such address.  What an alias names that is not
// there (any more) is left out; the other targets still get their mail.
bool Expansion::follow(const Step& step) {
  if (!met_.insert(key(step.name)).second) return true;
  if (has_domain(db_, step.name.domain)) return follow_local(step);
  add({0, step.name.str(), ""});
  return true;
}

bool Expansion::follow_local(const Step& step) {
  const std::string address = key(step.name);
  if (end_here(address, step.detail)) return true;
  if (branch(address, step.detail)) return true;
  if (const auto sub = split_subaddress(step.name.local, separator_)) {
    const std::string plain = key(Name{sub->user, step.name.domain});
    if (end_here(plain, sub->detail)) return true;
    if (branch(plain, sub->detail)) return true;
  }
  if (branch('@' + step.name.domain, "")) return true;
  return step.name.local == "postmaster" && end_at_first(step.name.domain);
}

bool Expansion::end_here(std::string_view address, const std::string& detail) {
  const auto account = find_account(db_, address);
  if (!account) return false;
  if (accounts_.insert(account->id).second) {
    add({account->id, account->address, detail, account->active,
         account->quota_bytes});
  }
  return true;
}

// RFC 5321 4.5.1: mail for postmaster must be taken.  Until an alias says who
// reads it, it is the domain's first account.
bool Expansion::end_at_first(std::string_view domain) {
  auto& query = db_.statement(
      "SELECT address FROM account WHERE active"
      " AND substr(address, -length(?1)) = ?1 ORDER BY id LIMIT 1");
  const std::string suffix = '@' + std::string(domain);
  if (!query.bind(suffix).step()) return false;
  const std::string address(query.text(0));
  query.reset();
  return end_here(address, "");
}

bool Expansion::branch(std::string_view address, const std::string& detail) {
  auto& query = db_.statement(
      "SELECT target FROM alias WHERE address = ? ORDER BY target DESC"
      " LIMIT 10001");
  query.bind(address);
  bool any = false;
  while (query.step()) {
    any = true;
    // The case of a target elsewhere is kept, that of ours is folded.
    auto target = mime::Address::parse(query.text(0));
    if (target && has_domain(db_, target->domain)) {
      target = parse_name(query.text(0));
    }
    if (target) open_.push_back({std::move(*target), detail});
  }
  return any;
}

void Expansion::add(Destination destination) {
  found_.push_back(std::move(destination));
}

}  // namespace mail::directory
