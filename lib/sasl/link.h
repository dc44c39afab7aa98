// Link: a connection to authd over which many threads ask at once.
//
// Every question has a number; of the threads that wait, one reads for all.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/fd.h"
#include "sasl/packet.h"

namespace mail::sasl {

// Nothing when nobody listens there.
std::optional<Fd> connect_to_authd(const std::string& path);

class Link {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Link(std::string path) : path_(std::move(path)) {}
  // The same over a socket that is connected: connection kGiven.
  Link(std::string path, Fd socket)
      : path_(std::move(path)), socket_(std::move(socket)),
        connection_(kGiven) {}

  static constexpr std::uint64_t kGiven = 1;

  // Which connection is open: counts up whenever there is a new one.
  struct Reply {
    Packet packet;
    std::uint64_t connection = 0;
  };

  // The answer, or nothing when it does not come in time or the connection
  // is lost.  The packet's number is chosen here.  With `connection`, only
  // over that one.
  std::optional<Reply> ask(Packet packet, std::chrono::milliseconds patience,
                           std::optional<std::uint64_t> connection = {});

  // Sends what is not answered.
  void tell(Packet packet, std::uint64_t connection);

 private:
  using Lock = std::unique_lock<std::mutex>;

  bool send(const std::string& bytes);
  bool send_anew(const std::string& bytes);
  void lead(Lock& lock, Clock::time_point deadline);
  void deliver(Packet packet);
  void lose();

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  Fd socket_;
  std::uint64_t connection_ = 0;
  std::uint64_t next_ = 1;
  bool led_ = false;   // a thread reads
  bool lost_ = false;  // the connection broke while a thread reads
  std::map<std::uint64_t, std::optional<Packet>> waiting_;
};

}  // namespace mail::sasl
