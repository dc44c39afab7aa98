// Context: what the commands of mailctl work on, opened when first asked for.
//
// The first use of settings() turns a process of root into the owner of the
// instance (admin/owner.h); nothing of the instance is opened before.  Only
// authd and queue-runner are connected to first: they take orders from root,
// and go by who connected.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admin/output.h"
#include "base/fd.h"
#include "base/options.h"
#include "base/result.h"
#include "config/load.h"
#include "config/settings.h"
#include "directory/auth_control.h"
#include "directory/editor.h"
#include "spool/queue_control.h"
#include "spool/queue_reader.h"
#include "store/accounts.h"

namespace mail::admin {

class Context {
 public:
  // Declares --json.
  explicit Context(Options& options);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Output& output();
  const std::string& config_file() const { return options_.config_file(); }

  const config::Settings& settings();

  // The same, for those who look at nothing but the file: the instance need
  // not be there.
  config::Settings read_settings() const;
  // What is wrong in that file; nothing when it is not there.
  std::vector<config::Mistake> mistakes() const;

  directory::Editor& directory();
  directory::AuthControl& passwords();
  // Fault when no scheduler answers, nor one that begins anew just now.
  spool::QueueClient& queue();
  // To look at what it has in hand: it may take some seconds to answer.
  spool::QueueClient* queue_if_up();
  // Whether one is there, though it may not answer.
  bool queue_runs();
  // Null before queue-runner has made queue.db: nothing has been queued.
  spool::QueueReader* queue_reader();
  store::Accounts& accounts();

  // The account with this address; Exit 67 when there is none.
  directory::Account account(const std::string& address);
  std::string account_folder(std::uint64_t id);
  store::UidValiditySource uidvalidity();

 private:
  void connect_as_root();

  Options& options_;
  bool json_ = false;
  Output output_;
  std::optional<config::Settings> settings_;
  Fd to_authd_;      // of root
  Fd to_scheduler_;
  std::optional<directory::Editor> directory_;
  std::optional<directory::AuthControl> passwords_;
  std::optional<spool::QueueClient> queue_;
  std::unique_ptr<spool::QueueReader> queue_reader_;
  std::optional<store::Accounts> accounts_;
};

// Lets a "no" end the program with `code` and its reason.
[[noreturn]] void give_up(int code, const Refusal& refusal);

template <class T>
T value_or_exit(Result<T> result, int code) {
  if (!result) give_up(code, result.error());
  return std::move(*result);
}
inline void ok_or_exit(const Result<void>& result, int code) {
  if (!result) give_up(code, result.error());
}

}  // namespace mail::admin
