// Hub: the scheduler's end of the wire to smtpd's workers.
//
//   Hub hub(settings.scheduler_socket(), {smtp_uid});
//   poll on hub.wait_on(), then:
//   Hub::News news = hub.take();
//   if (news.connected) scan spool/in
//   for (id : news.ids) ...
//
// One thread.  Never blocks: a worker that does not read is told later.
#pragma once

#include <sys/types.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "spool/wire.h"

namespace mail::spool {

class Hub {
 public:
  // Binds and listens; a socket left behind is replaced.  `allowed`: users
  // who may connect beside our own and root (SO_PEERCRED).
  Hub(const std::string& path, std::vector<uid_t> allowed);

  // The same on a socket that listens already.
  Hub(Fd listener, std::vector<uid_t> allowed);

  // A descriptor that is readable when take() has something to do.
  int wait_on() const { return epoll_.number(); }

  struct News {
    std::vector<std::string> ids;
    std::vector<std::uint64_t> looks = {};  // accounts that are asked about
    bool connected = false;  // a worker came: what it said before is lost
  };
  News take();

  void close_account(std::uint64_t account);
  void open_account(std::uint64_t account);
  // How many octets it has left, now.
  void tell_room(std::uint64_t account, std::int64_t octets);
  void suspend(std::string_view domain);
  void resume(std::string_view domain);

  const Closures& closures() const { return closures_; }
  std::size_t connections() const { return workers_.size(); }

 private:
  struct Worker {
    Fd socket;
    std::deque<std::string> backlog;  // packets it had no room for
  };
  void accept_all(News& news);
  bool read(Worker& worker, News& news);
  void tell_all(std::string_view verb, std::string_view value);
  void tell(Worker& worker, std::string packet);
  void drain(Worker& worker);
  void watch(int number, bool writable, int operation);

  Fd listener_;
  Fd epoll_;
  std::vector<uid_t> allowed_;
  std::map<int, Worker> workers_;
  Closures closures_;
  std::string buffer_;
};

}  // namespace mail::spool
