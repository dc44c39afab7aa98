#include "deliver/fleet.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"

namespace mail::deliver {
namespace {

// A sender that has said nothing by then lives since before we did: a new
// one says at once that it is ready.
constexpr Micros kQuietSender = 2 * kSecond;

}  // namespace

Fleet::Fleet(std::span<const Fd> sockets)
    : ships_(sockets.size()),
      start_(steady_time()),
      buffer_(kMaxErrandPacket, '\0') {
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    ships_[i].socket = &sockets[i];
    // Slots of a scheduler before us must not pass for ours.
    ships_[i].last_slot = static_cast<std::uint32_t>(random_number());
  }
}

int Fleet::socket(std::size_t sender) const {
  return ships_[sender].socket->number();
}

bool Fleet::can_take(std::size_t sender) const {
  const Ship& ship = ships_[sender];
  const bool lives =
      ship.alive || (ship.life == 0 && steady_time() >= start_ + kQuietSender);
  return lives && !ship.blocked;
}

std::optional<std::size_t> Fleet::idlest() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < ships_.size(); ++i) {
    if (!can_take(i)) continue;
    if (!best || ships_[i].slots < ships_[*best].slots) best = i;
  }
  return best;
}

std::uint32_t Fleet::new_slot(std::size_t sender) {
  ships_[sender].slots += 1;
  return ++ships_[sender].last_slot;
}

void Fleet::release_slot(std::size_t sender) {
  require(ships_[sender].slots > 0, "a slot that was not taken");
  ships_[sender].slots -= 1;
}

bool Fleet::send(std::size_t sender, Lookup lookup) {
  lookup.life = ships_[sender].life;
  return send_packet(ships_[sender], to_packet(ToSender(std::move(lookup))),
                     -1);
}

bool Fleet::send(std::size_t sender, Errand errand, const Fd& file) {
  errand.life = ships_[sender].life;
  return send_packet(ships_[sender], to_packet(ToSender(std::move(errand))),
                     file.number());
}

bool Fleet::send_packet(Ship& ship, const std::string& packet, int file) {
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
  }
  const ssize_t n =
      ::sendmsg(ship.socket->number(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n >= 0) return true;
  // Full, of packets or of descriptors on their way: later.
  if (errno != EAGAIN && errno != ETOOMANYREFS && errno != ENOBUFS &&
      errno != EINTR) {
    throw_errno("packet for a sender");
  }
  ship.blocked = true;
  return false;
}

void Fleet::unblock() {
  for (Ship& ship : ships_) ship.blocked = false;
}

std::optional<FromSender> Fleet::receive(std::size_t sender) {
  Ship& ship = ships_[sender];
  const ssize_t n = ::recv(ship.socket->number(), buffer_.data(),
                           buffer_.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (n <= 0) throw_errno("packet of a sender");
  ship.blocked = false;
  auto packet = parse_from_sender(
      std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)));
  if (!packet) {
    log_error("bad-answer",
              {{"sender", sender}, {"reason", packet.error().why}});
    return {};
  }
  if (const auto* ready = std::get_if<Ready>(&*packet)) born(sender, *ready);
  return std::move(*packet);
}

void Fleet::born(std::size_t sender, const Ready& ready) {
  ships_[sender].life = ready.life;
  ships_[sender].alive = true;
  ships_[sender].slots = 0;
}

void Fleet::died(std::size_t sender) {
  ships_[sender].alive = false;
  ships_[sender].slots = 0;
  ships_[sender].life |= 1;  // not quiet: dead
}

}  // namespace mail::deliver
