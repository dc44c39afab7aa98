// Control: answers the administrator's questions about the queue
// (spool/queue_control.h).
//
// One thread, never blocks: one packet in, one packet out, and a client that
// does not read is let go.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "spool/queue_control.h"

namespace mail::deliver {

// What can be asked of the scheduler.
class QueueKeeper {
 public:
  virtual ~QueueKeeper() = default;
  virtual std::vector<spool::QueueMessage> list(
      const std::string& after, int limit,
      const spool::QueueFilter& filter) = 0;
  virtual std::optional<spool::QueueMessage> show(const std::string& id,
                                                  std::int64_t from,
                                                  int limit) = 0;
  // Whether it was done: not for what is unknown or in hand.
  virtual bool retry(const std::string& id) = 0;
  virtual bool hold(const std::string& id) = 0;
  virtual bool release(const std::string& id) = 0;
  virtual bool remove(const std::string& id) = 0;
  virtual spool::QueueStatus status() = 0;
};

class Control {
 public:
  // Listens at `path`, for our own user and root.
  explicit Control(const std::string& path);

  // Readable when there is something to do.
  int wait_on() const { return epoll_.number(); }
  void serve(QueueKeeper& keeper);

 private:
  void accept_all();
  bool serve_client(const Fd& client, QueueKeeper& keeper);

  Fd listener_;
  Fd epoll_;
  std::map<int, Fd> clients_;
  std::string buffer_;
};

// The answer to one packet; for tests.
std::string answer(std::string_view question, QueueKeeper& keeper);

}  // namespace mail::deliver
