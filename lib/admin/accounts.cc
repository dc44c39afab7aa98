#include "admin/accounts.h"

#include <sysexits.h>

#include <algorithm>

#include "admin/secret.h"
#include "base/ascii.h"
#include "base/process.h"
#include "store/administration.h"

namespace mail::admin {
namespace {

std::int64_t limit(const std::string& text, const std::string& wanted) {
  const auto number = parse_number(text);
  if (!number || *number > std::uint64_t{1} << 60) {
    throw Exit(EX_USAGE, wanted);
  }
  return static_cast<std::int64_t>(*number);
}

std::int64_t octets(const std::string& text) {
  return limit(text,
               "--quota wants a number of octets, 0 for what the setting "
               "quota says");
}

Record summary(const directory::Account& account) {
  return {{"address", account.address},
          {"active", account.active},
          {"quota", account.quota_bytes},
          {"id", static_cast<std::int64_t>(account.id)}};
}

}  // namespace

AccountCommands::AccountCommands(Options& account, Context& context)
    : context_(context) {
  declare_editing(account);
  declare_passwords(account);
}

void AccountCommands::declare_editing(Options& account) {
  Options& add_it = account.command("add", "make an account with mailboxes",
                                    [this] { return add(); });
  add_it.argument("address", address_, "its address");
  add_it.value("--password", password_, "its password (others may see it)");
  add_it.flag("--password-stdin", password_stdin_,
              "read the password from standard input");
  add_it.value("--quota", quota_,
               "the most octets of mail; 0: as the settings say");

  account.command("list", "print the accounts", [this] { return list(); });

  Options& show_it = account.command("show", "all about one account",
                                     [this] { return show(); });
  show_it.argument("address", address_, "its address");

  Options& change_it = account.command("change", "its quota and its state",
                                       [this] { return change(); });
  change_it.argument("address", address_, "its address");
  change_it.value("--quota", quota_,
                  "the most octets of mail; 0: as the settings say");
  change_it.value("--messages", messages_, "the most messages; 0: no limit");
  change_it.value("--subaddress-mailboxes", subaddresses_,
                  "yes: user+box@ goes to the mailbox box; no: to INBOX");
  change_it.flag("--suspend", suspend_, "no login, no mail taken");
  change_it.flag("--activate", activate_, "the end of that");

  Options& remove_it =
      account.command("remove", "remove an account and all its mail, for good",
                      [this] { return remove(); });
  remove_it.argument("address", address_, "its address");
  remove_it.flag("--dry-run", dry_run_, "only say what would be done");
}

void AccountCommands::declare_passwords(Options& account) {
  Options& password_of = account.command(
      "password", "give a new password; asks when none is given",
      [this] { return password(); });
  password_of.argument("address", address_, "the account's address");
  password_of.value("--password", password_,
                    "the password (others may see it)");
  password_of.flag("--password-stdin", password_stdin_,
                   "read the password from standard input");

  Options& app = account.command(
      "app-password", "make a password for one program; printed once",
      [this] { return app_password(); });
  app.argument("address", address_, "the account's address");
  app.argument("name", name_, "what the password is for");
  app.flag("--remove", forget_, "remove it");
}

std::string AccountCommands::chosen_password() {
  if (password_stdin_ && !password_.empty()) {
    throw Exit(EX_USAGE, "--password and --password-stdin exclude each other");
  }
  return password_stdin_ ? read_secret_line() : password_;
}

int AccountCommands::add() {
  const std::string secret = chosen_password();
  directory::Account wanted;
  wanted.address = address_;
  if (!quota_.empty()) wanted.quota_bytes = octets(quota_);
  auto& directory = context_.directory();
  const auto added = directory.add_account(wanted);
  if (!added) {
    const bool exists = directory.is_taken(address_);
    give_up(exists ? EX_CANTCREAT : EX_DATAERR, added.error());
  }
  const directory::Account account = *added;
  store::make_account(context_.account_folder(account.id), account.id,
                      context_.uidvalidity());
  tell_store(account);
  if (!secret.empty()) {
    const auto set =
        context_.passwords().set_password(account.id, account.address, secret);
    if (!set) {
      undo(account);
      give_up(EX_DATAERR, set.error());
    }
  }
  context_.output().done("added " + account.address, summary(account));
  return 0;
}

// The store refuses what does not fit, also what comes over IMAP, so it knows
// the account's own quota before the first delivery brings it.
void AccountCommands::tell_store(const directory::Account& account) {
  context_.accounts().open(account.id)->limit_bytes(account.quota_bytes);
}

// A refused password leaves no half-made account behind.
void AccountCommands::undo(const directory::Account& account) {
  value_or_exit(context_.directory().remove_account(account.address),
                EX_SOFTWARE);
  store::AccountRemoval(context_.account_folder(account.id)).finish();
}

int AccountCommands::list() {
  std::vector<Record> records;
  for (const auto& account : context_.directory().accounts()) {
    records.push_back(summary(account));
  }
  context_.output().list(records);
  return 0;
}

int AccountCommands::show() {
  const auto account = context_.account(address_);
  Record record = summary(account);
  record.push_back({"subaddress_mailboxes", account.subaddress_mailboxes});
  std::vector<std::string> aliases;
  for (const auto& alias : context_.directory().aliases()) {
    for (const std::string& target : alias.targets) {
      if (target == account.address) aliases.push_back(alias.address);
    }
  }
  record.push_back({"aliases", aliases});
  const auto lease = context_.accounts().open(account.id);
  const auto usage = lease->usage();
  record.push_back({"emails", usage.emails});
  record.push_back({"bytes", usage.bytes});
  record.push_back({"most_messages", usage.limit_emails});
  if (const auto known = context_.passwords().show(account.id)) {
    record.push_back({"password", known->has_password});
    record.push_back({"app_passwords", known->app_passwords});
  } else {
    record.push_back({"password", false});
  }
  record.push_back({"folder", context_.account_folder(account.id)});
  context_.output().one(record);
  return 0;
}

int AccountCommands::change() {
  if (suspend_ && activate_) {
    throw Exit(EX_USAGE, "--suspend and --activate exclude each other");
  }
  if (quota_.empty() && messages_.empty() && subaddresses_.empty() &&
      !suspend_ && !activate_) {
    throw Exit(EX_USAGE,
               "nothing to change: say --quota, --messages, "
               "--subaddress-mailboxes, --suspend or --activate");
  }
  auto account = context_.account(address_);
  if (!quota_.empty()) account.quota_bytes = octets(quota_);
  if (suspend_ || activate_) account.active = activate_;
  if (!subaddresses_.empty()) {
    if (subaddresses_ != "yes" && subaddresses_ != "no") {
      throw Exit(EX_USAGE, "--subaddress-mailboxes wants yes or no");
    }
    account.subaddress_mailboxes = subaddresses_ == "yes";
  }
  ok_or_exit(context_.directory().change_account(account), EX_DATAERR);
  if (!quota_.empty()) tell_store(account);
  if (!messages_.empty()) {
    const auto most = 
        limit(messages_, "--messages wants a number, 0 for no limit");
    context_.accounts().open(account.id)->limit_emails(most);
  }
  if (suspend_ || activate_) {
    const auto activity = activate_ ? directory::Activity::Active
                                    : directory::Activity::Suspended;
    ok_or_exit(context_.passwords().set_activity(account.id, activity),
               EX_DATAERR);
  }
  context_.output().done("changed " + account.address, summary(account));
  return 0;
}

int AccountCommands::remove() {
  const auto account = context_.account(address_);
  if (dry_run_) {
    const auto usage = context_.accounts().open(account.id)->usage();
    context_.output().done("would remove " + account.address + " with " +
                               std::to_string(usage.emails) + " emails, " +
                               std::to_string(usage.bytes) + " octets",
                           {{"would_remove", account.address},
                            {"emails", usage.emails},
                            {"bytes", usage.bytes}});
    return 0;
  }
  // Nobody has it open; no login, no new mail then, and the mail itself at last.
  store::AccountRemoval removal(context_.account_folder(account.id));
  ok_or_exit(context_.passwords().remove(account.id), EX_DATAERR);
  value_or_exit(context_.directory().remove_account(account.address),
                EX_DATAERR);
  removal.finish();
  context_.output().done("removed " + account.address, summary(account));
  return 0;
}

int AccountCommands::password() {
  const auto account = context_.account(address_);
  std::string secret = chosen_password();
  if (secret.empty()) secret = ask_for_secret();
  ok_or_exit(
      context_.passwords().set_password(account.id, account.address, secret),
      EX_DATAERR);
  context_.output().done("changed the password of " + account.address,
                         {{"changed", account.address}});
  return 0;
}

int AccountCommands::app_password() {
  const auto account = context_.account(address_);
  auto& passwords = context_.passwords();
  if (forget_) {
    ok_or_exit(passwords.remove_app_password(account.id, name_), EX_DATAERR);
    context_.output().done("removed " + name_, {{"removed", name_}});
    return 0;
  }
  const auto made =
      passwords.add_app_password(account.id, account.address, name_);
  if (!made) {
    const auto known = passwords.show(account.id);
    const bool exists =
        known && std::ranges::find(known->app_passwords, name_) !=
                     known->app_passwords.end();
    give_up(exists ? EX_CANTCREAT : EX_DATAERR, made.error());
  }
  context_.output().done(*made, {{"name", name_}, {"password", *made}});
  return 0;
}

}  // namespace mail::admin
