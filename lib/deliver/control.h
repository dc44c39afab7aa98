// Control: answers the administrator's questions about the queue
// (spool/queue_control.h).
//
// One thread, never blocks: one packet in, one packet out, and a client that
// does not read is let go.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "deliver/rule_keeper.h"
#include "spool/queue_control.h"

namespace mail::deliver {

// What can be asked of the scheduler.
class QueueKeeper {
 public:
  using Targets = std::vector<spool::QueueTarget>;
  virtual ~QueueKeeper() = default;

  // Messages in hand: the id behind `after`, empty at the end; one of them.
  virtual std::string next_in_hand(const std::string& after) = 0;
  virtual std::optional<spool::QueueMessage> in_hand(
      const std::string& id) = 0;

  virtual spool::QueueChange change(spool::QueueVerb verb,
                                    const Targets& targets) = 0;

  virtual void suspend(const spool::Suspension& suspension) = 0;
  // Whether it was suspended.
  virtual bool resume(spool::Suspension::Kind kind,
                      const std::string& name) = 0;

  // For a change.
  virtual RuleKeeper& rules() = 0;

  virtual spool::QueueStatus status() = 0;

  // The site behind `after` as it fares now; nothing at the end.
  virtual std::optional<spool::SiteRow> next_site(const std::string& after) = 0;
};

// Who may ask: root; and our own user where one user runs everything and so
// owns credentials.db.  Where it is another's, imapd runs as our user as well,
// and may have been taken over.
std::set<uid_t> administrators(const std::string& credentials_db);

class Control {
 public:
  // Listens at `path`, for these users (SO_PEERCRED).
  Control(const std::string& path, std::set<uid_t> admitted);

  // Readable when there is something to do.
  int wait_on() const { return epoll_.number(); }
  void serve(QueueKeeper& keeper);

 private:
  bool welcome(const Fd& client) const;
  void accept_all();
  bool serve_client(const Fd& client, QueueKeeper& keeper);

  Fd listener_;
  Fd epoll_;
  std::set<uid_t> admitted_;
  std::map<int, Fd> clients_;
  std::string buffer_;
};

// The answer to one packet; for tests.
std::string answer(std::string_view question, QueueKeeper& keeper);

}  // namespace mail::deliver
