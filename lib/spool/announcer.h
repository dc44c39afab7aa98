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
  // `fresh`: for how long the room an account has left is known.
  explicit Announcer(std::string socket_path, Micros fresh = 5 * kSecond);

  // Hands over the id of a committed message.  Ids that meet here go in one
  // packet; a scheduler that does not keep up holds us back for up to 1 s.
  void announce(const std::string& id);

  // What the scheduler said last.
  bool is_full(std::uint64_t account);
  bool is_suspended(std::string_view domain);

  // How many octets an account with a quota has left, as the scheduler was
  // asked a moment ago or is now.  Nothing when it does not say in time; then
  // nobody waits for it for a while.
  std::optional<std::int64_t> room(std::uint64_t account);

 private:
  struct Room {
    std::optional<std::int64_t> octets;  // as told since
    Micros asked = 0;                    // steady; 0: never
  };
  void ask(std::uint64_t account);
  void wait_for(short event, std::unique_lock<std::mutex>& lock,
                Micros at_most);
  void send(const std::vector<std::string>& ids);
  bool connected();
  void disconnect();
  void hear();

  const std::string path_;
  const Micros fresh_;

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
  Micros ask_again_ = 0;  // a question was not answered
  std::string buffer_;
};

}  // namespace mail::spool
