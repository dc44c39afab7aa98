// QueueHouse: what tests of the queue stand in: a private spool, a directory
// with ann and bob, and ways to look at both.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "base/file.h"
#include "directory/editor.h"
#include "directory/sqlite_directory.h"
#include "spool/queue_control.h"
#include "spool/queue_reader.h"
#include "spool/spool.h"
#include "store/accounts.h"
#include "store/administration.h"
#include "tests/support/fill_account.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {

inline pid_t spawn(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, 2);
  std::_Exit(body());
}

inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    ::usleep(10'000);
  }
  return false;
}

struct SocketPair {
  SocketPair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours.emplace_back(ends[0]);
    theirs = Fd(ends[1]);
  }
  std::vector<Fd> ours;
  Fd theirs;
};

class QueueHouse {
 public:
  QueueHouse() {
    settings_.hostname = "mx.example.test";
    settings_.data = dir_.path();
    make_folders(settings_.run_folder(), 0700);
    replace_file(settings_.credentials_db(), "", 0600);  // ours: one user
    spool::make_spool(settings_.spool());
    writer_ = std::make_unique<spool::Writer>(settings_.spool());
    editor_ = std::make_unique<directory::Editor>(settings_.directory_db());
    EXPECT_TRUE(editor_->add_domain("example.test"));
    ann_ = add("ann@example.test");
    bob_ = add("bob@example.test");
  }

  directory::Account add(const std::string& address) {
    directory::Account wanted;
    wanted.address = address;
    const auto account = editor_->add_account(wanted).value();
    store::make_account(folder(account.id), account.id, {});
    return account;
  }
  std::string folder(std::uint64_t id) const {
    return settings_.data + "/" + directory::account_folder(id);
  }

  std::string put(const std::string& sender, std::vector<std::string> to,
                  std::size_t size = 10) {
    spool::Envelope envelope;
    envelope.arrived = wall_time();
    envelope.sender = sender;
    for (auto& one : to) envelope.recipients.push_back({one, "", ""});
    const auto draft = writer_->create(wall_time(), 0);
    draft->write("Subject: x\r\n\r\n" + std::string(size, 'x') + "\r\n");
    draft->commit(envelope);
    return draft->id();
  }
  store::AccountsOptions account_options() const {
    store::AccountsOptions options;
    options.folder = [this](std::uint64_t id) { return folder(id); };
    return options;
  }
  std::int64_t inbox(const directory::Account& account) {
    store::Accounts accounts(account_options());
    return accounts.open(account.id)->mailbox("INBOX")->messages;
  }
  // A quota of 12,000 octets, of which 9,000 are used: what is put with 9,000
  // would fit, but not now.
  void make_full(directory::Account& account) {
    store::Accounts accounts(account_options());
    fill_account(*accounts.open(account.id), 9000);
    account.quota_bytes = 12'000;
    EXPECT_TRUE(editor_->change_account(account));
  }
  bool empty(const std::string& shelf) const {
    for (const char shard : std::string("0123456789abcdef")) {
      const auto path = settings_.spool() + "/" + shelf + "/" + shard;
      if (!list_folder(path).empty()) return false;
    }
    return true;
  }
  spool::QueueClient queue() const {
    return spool::QueueClient(settings_.queue_control());
  }

  TempDir dir_;
  config::Settings settings_;
  std::unique_ptr<directory::Editor> editor_;
  directory::Account ann_;
  directory::Account bob_;
  std::unique_ptr<spool::Writer> writer_;
};

}  // namespace mail::deliver
