// Announcer: smtpd's end of the wire to the scheduler.
//
// Used by all threads of a worker.  When the scheduler is away, nothing is
// full and announcements are dropped: it reads spool/in when it is back.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "spool/wire.h"

namespace mail::spool {

class Announcer {
 public:
  explicit Announcer(std::string socket_path);

  // Hands over the id of a committed message.  Ids that meet here go in one
  // packet; a scheduler that does not keep up holds us back for up to 1 s.
  void announce(const std::string& id);

  // What the scheduler said last.
  bool is_full(std::uint64_t account);
  bool is_suspended(std::string_view domain);

  // How many octets an account with a quota has left, as known within the
  // last seconds; the scheduler is asked, for a moment.  Nothing when it does
  // not say.
  std::optional<std::int64_t> room(std::uint64_t account);

 private:
  struct Room {
    std::int64_t octets = 0;
    Micros told = 0;   // steady; 0: never
    Micros asked = 0;
  };
  void ask(std::uint64_t account, Room& room);
  void wait_for_news(std::unique_lock<std::mutex>& lock, Micros at_most);
  void send(const std::vector<std::string>& ids);
  bool connected();
  void disconnect();
  void hear();

  const std::string path_;

  std::mutex turn_;  // of those who announce
  std::condition_variable sent_;
  std::vector<std::string> waiting_;
  std::uint64_t taken_ = 0;  // ids put into waiting_, ever
  std::uint64_t done_ = 0;   // ids sent or dropped, ever
  bool sending_ = false;

  std::mutex socket_lock_;
  Fd socket_;
  Micros next_try_ = 0;
  Closures closures_;
  std::map<std::uint64_t, Room> rooms_;
  std::string buffer_;
};

}  // namespace mail::spool
