// Fleet: the senders, as the scheduler sees them.
//
// Packets go out and come in here; who is alive, and in which life
// (deliver/errand.h), is known here too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "deliver/errand.h"

namespace mail::deliver {

class Fleet {
 public:
  // Our ends of the senders' socket pairs; they outlive this.
  explicit Fleet(std::span<const Fd> sockets);

  std::size_t count() const { return ships_.size(); }
  int socket(std::size_t sender) const;

  // The living sender with the fewest connections; nothing when there is
  // none that can take a packet.
  std::optional<std::size_t> idlest() const;
  bool can_take(std::size_t sender) const;

  // A new slot of that sender, to be released.
  std::uint32_t new_slot(std::size_t sender);
  void release_slot(std::size_t sender);

  // False when the packet does not go through now: can_take() is false from
  // then on, until unblock().
  bool send(std::size_t sender, Lookup lookup);
  bool send(std::size_t sender, Errand errand, const Fd& file);
  void unblock();

  // Nothing when there is no packet, or none that can be understood.  Ready
  // makes it alive; its slots are gone.
  std::optional<FromSender> receive(std::size_t sender);

  // The parent has told it.
  void died(std::size_t sender);
  void born(std::size_t sender, const Ready& ready);

 private:
  struct Ship {
    const Fd* socket = nullptr;
    bool alive = false;
    bool blocked = false;
    std::uint64_t life = 0;
    std::uint32_t last_slot = 0;
    std::size_t slots = 0;
  };
  bool send_packet(Ship& ship, const std::string& packet, int file);

  std::vector<Ship> ships_;
  Micros start_;
  std::string buffer_;
};

}  // namespace mail::deliver
