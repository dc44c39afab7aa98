// TicketKeys: the keys of TLS session tickets, the same in all workers.
//
// A chain: each period's seed is the hash of the one before, which is then
// forgotten.  So processes forked from one parent agree without a word, keys
// change by themselves, and who learns today's cannot read yesterday's.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace mail::net {

class TicketKeys {
 public:
  struct Key {
    std::string name;        // 16 bytes, public
    std::string encryption;  // 32 bytes, AES-256
    std::string mac;         // 32 bytes, HMAC-SHA-256
  };

  // Starts a chain at a random seed; `now` in seconds.
  explicit TicketKeys(std::int64_t now);

  // The key for new tickets.
  Key current(std::int64_t now);

  // What an old ticket of this name was made with: this period's key or the
  // last one's.  An empty name when it is neither.
  Key named(const std::string& name, std::int64_t now);

 private:
  void advance(std::int64_t now);

  std::mutex mutex_;
  std::int64_t period_;
  std::string seed_;
  Key current_;
  Key last_;
};

}  // namespace mail::net
