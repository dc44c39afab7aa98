// courier - a small instance for the crash tests, and a look into it.
//
//   courier make DIR [LISTEN]...     domain example.test, account ann
//   courier accept DIR TOKEN...      mail for ann; says "acked TOKEN" once it
//                                    is on the disk; "away...": also for
//                                    who has no room; "far...": also for three
//                                    at other servers; "gone...",
//                                    "both...", "some...": from ann to who is
//                                    not there, to ann as well, to who has no
//                                    room as well
//   courier list DIR                 "MAILBOX TOKEN" of each message
//   courier move DIR TOKEN MAILBOX   as a user would
//   courier expunge DIR TOKEN
//   courier password DIR WORDS       ann's, through authd when it runs
//   courier check DIR                what is wrong with ann's account
//   courier hurry DIR                tries again what was deferred
//   courier queue DIR                "STATE RECIPIENTS" of what waits
//
// It uses what smtpd and imapd use: spool::Writer, store::Accounts.

#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>

#include "base/fault.h"
#include "base/file.h"
#include "base/process.h"
#include "config/load.h"
#include "directory/auth_control.h"
#include "directory/editor.h"
#include "directory/sqlite_directory.h"
#include "spool/announcer.h"
#include "spool/queue_control.h"
#include "spool/queue_db.h"
#include "spool/queue_reader.h"
#include "spool/spool.h"
#include "store/accounts.h"
#include "store/administration.h"
#include "tests/support/fill_account.h"

namespace {

using namespace mail;
using Words = std::vector<std::string>;

constexpr const char* kAnn = "ann@example.test";
constexpr const char* kFull = "full@example.test";
constexpr const char* kGone = "gone@example.test";

config::Settings settings_of(const std::string& dir) {
  return config::load(dir + "/mail.toml");
}

std::uint64_t account_of(const config::Settings& settings) {
  directory::SqliteDirectory directory(settings.directory_db(), "+");
  return directory.account(kAnn).value().id;
}

// Nothing more fits into it.
void fill(const config::Settings& settings, std::uint64_t id) {
  store::AccountsOptions options;
  options.folder = [&](std::uint64_t account) {
    return settings.data + "/" + directory::account_folder(account);
  };
  store::Accounts accounts(options);
  fill_account(*accounts.open(id), 1990);
}

int make(const std::string& dir, const Words& listen) {
  make_folders(dir, 0700);
  std::ofstream file(dir + "/mail.toml");
  file << "hostname = \"mx.example.test\"\ndata = \".\"\nworkers = 1\n";
  file << "auth_on_loopback = true\nlisten = [";
  for (const auto& one : listen) file << '"' << one << "\",";
  file << "]\n";
  file.close();
  const auto settings = settings_of(dir);
  make_folders(settings.run_folder(), 0700);
  make_folders(settings.accounts(), 0700);
  spool::make_spool(settings.spool());
  replace_file(settings.credentials_db(), "", 0600);  // ours: one user
  directory::Editor editor(settings.directory_db());
  if (!editor.add_domain("example.test")) return 1;
  directory::Account wanted;
  wanted.address = kAnn;
  const auto account = editor.add_account(wanted);
  directory::Account no_room;
  no_room.address = kFull;
  no_room.quota_bytes = 2000;
  const auto full = editor.add_account(no_room);
  if (!account || !full) return 1;
  for (const auto id : {account->id, full->id}) {
    const auto folder = settings.data + "/" + directory::account_folder(id);
    store::make_account(folder, id,
                        [&] { return editor.take_uidvalidity(1); });
  }
  fill(settings, full->id);
  spool::QueueDb(settings.queue_db());
  return 0;
}

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(1, text.data(), text.size()) < 0) std::_Exit(1);
}

// From whom to whom, by how the token begins.
void address(spool::Envelope& envelope, const std::string& token) {
  const auto to = [&](const char* recipient) {
    envelope.recipients.push_back({recipient, "", ""});
  };
  const auto is = [&](const char* kind) { return token.starts_with(kind); };
  const bool report = is("gone") || is("both") || is("some");
  envelope.sender = report ? kAnn : "eve@example.org";
  if (report) to(kGone);
  if (!report || is("both")) to(kAnn);
  if (is("some") || is("away")) to(kFull);
  if (is("far")) {
    for (const char* one :
         {"eve@one.example", "eva@one.example", "joe@two.example"}) {
      to(one);
    }
  }
}

int accept(const config::Settings& settings, const Words& tokens) {
  spool::Writer writer(settings.spool());
  spool::Announcer announcer(settings.scheduler_socket());
  for (const auto& token : tokens) {
    spool::Envelope envelope;
    envelope.arrived = wall_time();
    address(envelope, token);
    const auto draft = writer.create(wall_time(), 0);
    draft->write("Subject: a test\r\nX-Token: " + token +
                 "\r\n\r\nbody of " + token + "\r\n");
    draft->commit(envelope);
    say("acked " + token);
    announcer.announce(draft->id());
  }
  return 0;
}

// Calls `use` with mailbox, entry and token of every message.
using Visit = std::function<void(const store::Mailbox&, const store::Entry&,
                                 const std::string& token)>;

void each_message(store::Account& account, const Visit& use) {
  for (const auto& mailbox : account.mailboxes()) {
    std::vector<store::Entry> entries;
    account.each_entry(mailbox.id, {1, UINT32_MAX},
                       [&](const store::Entry& e) { entries.push_back(e); });
    for (const auto& entry : entries) {
      const auto content = account.content(entry.email);
      std::string token = "(lost)";
      if (content) {
        const std::string text = content->file.read_at(
            0, static_cast<std::size_t>(content->length));
        const auto at = text.find("X-Token: ");
        token = at == std::string::npos
                    ? "(torn)"
                    : text.substr(at + 9, text.find('\r', at) - at - 9);
      }
      use(mailbox, entry, token);
    }
  }
}

int look(const config::Settings& settings, const std::string& verb,
         const Words& words) {
  store::AccountsOptions options;
  options.folder = [&](std::uint64_t id) {
    return settings.data + "/" + directory::account_folder(id);
  };
  store::Accounts accounts(options);
  const auto account = accounts.open(account_of(settings));
  int found = 0;
  each_message(*account, [&](const auto& mailbox, const auto& entry,
                             const std::string& token) {
    if (verb == "list") {
      ++found;
      return say(mailbox.name + " " + token);
    }
    if (words.empty() || token != words[0]) return;
    const store::UidSet uids{{entry.uid, entry.uid}};
    ++found;
    if (verb == "move") {
      const auto target = account->mailbox(words.at(1)).value();
      account->move(mailbox.id, uids, target.id);
      return;
    }
    account->change_flags(mailbox.id, uids,
                          {store::FlagAction::Add, store::kDeleted, {}, {}});
    account->expunge(mailbox.id, uids);
  });
  return found || verb == "list" ? 0 : 67;
}

int set_password(const config::Settings& settings, const Words& words) {
  directory::AuthControl control(settings.authd_control(),
                                 settings.credentials_db());
  return control.set_password(account_of(settings), kAnn, words.at(0)) ? 0
                                                                       : 65;
}

int check(const config::Settings& settings) {
  const auto folder =
      settings.data + "/" + directory::account_folder(account_of(settings));
  const auto findings = store::check(folder, store::Depth::Checksums);
  for (const auto& problem : findings.problems) say(problem);
  return 0;
}

int hurry(const config::Settings& settings) {
  std::vector<spool::QueueTarget> all;
  spool::QueueReader(settings.queue_db())
      .each({}, {}, [&](const auto& message) { all.push_back({message.id}); });
  spool::QueueClient queue(settings.queue_control());
  return queue.change(spool::QueueVerb::Retry, all) ? 0 : 75;
}

int show_queue(const config::Settings& settings) {
  spool::QueueReader(settings.queue_db())
      .each({}, {}, [](const auto& message) {
        say(message.state + " " + std::to_string(message.all.size()));
      });
  return 0;
}

int run(int argc, char** argv) {
  if (argc < 3) return 64;
  const std::string verb = argv[1];
  const std::string dir = argv[2];
  const Words words(argv + 3, argv + argc);
  if (verb == "make") return make(dir, words);
  const auto settings = settings_of(dir);
  if (verb == "accept") return accept(settings, words);
  if (verb == "password") return set_password(settings, words);
  if (verb == "check") return check(settings);
  if (verb == "hurry") return hurry(settings);
  if (verb == "queue") return show_queue(settings);
  return look(settings, verb, words);
}

}  // namespace

int main(int argc, char** argv) { return guarded(run, argc, argv); }
