#include "deliver/sender.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "deliver/blame.h"
#include "deliver/stop_signal.h"
#include "dns/make_resolver.h"

namespace mail::deliver {
namespace {

// The scheduler hears reports for half a second more, and the parent kills
// after 5 s.
constexpr std::chrono::milliseconds kGrace{4'000};
constexpr int kAtOnce = 64;  // packets between two looks at the signal

relay::Patience command_patience(const config::Settings& settings) {
  return std::chrono::seconds(settings.relay_timeout);
}

// A packet and the descriptor that came with it; more than one is refused by
// the room there is.
struct Packet {
  ssize_t size = 0;
  Fd file;
};

Packet receive_packet(const Fd& socket, std::string& buffer) {
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Packet packet;
  packet.size = ::recvmsg(socket.number(), &message,
                          MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (packet.size < 0) return packet;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr;
       one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(one), sizeof number);
    packet.file = Fd(number);
  }
  return packet;
}

}  // namespace

Sender::Sender(const config::Settings& settings, Files files,
               const Place& place)
    : place_(place),
      resolver_(dns::make_resolver({.records = files.records,
                                    .local_only = settings.dns_local_only,
                                    .servers = settings.dns_servers})),
      tls_(settings.tls_authorities),
      passwords_(std::move(files.passwords)),
      tools_{*resolver_,
             tls_,
             memory_,
             passwords_,
             settings.hostname,
             {settings.relay_source_ipv4, settings.relay_source_ipv6},
             relay::Deadlines::for_command(command_patience(settings))},
      stop_(stop_signal()),
      buffer_(kMaxErrandPacket, '\0'),
      life_(random_number() | 1),  // 0 means any
      lookups_(*resolver_, settings.hostname,
               [this](const Found& found) { tell(found); }),
      // As many as the scheduler may have in all: others wait among them.
      slots_({.tools = tools_,
              .most = 2 * static_cast<std::size_t>(settings.relay_connections),
              .tell = [this](const FromSender& message) { tell(message); }}) {
  blame_on_death(place_.announcements, place_.number);
  if (!tls_.can_verify()) {
    log_warn("no-authorities", {{"file", settings.tls_authorities}});
  }
}

Sender::~Sender() = default;

// Packets for one before us: whoever sent them will know that it is dead.
void Sender::drain() {
  Packet packet;
  do {
    packet = receive_packet(place_.socket, buffer_);
  } while (packet.size > 0);
}

int Sender::run() {
  drain();
  tell(Ready{life_});
  std::array<pollfd, 3> all{pollfd{place_.socket.number(), POLLIN, 0},
                            pollfd{stop_.number(), POLLIN, 0},
                            pollfd{slots_.wait_on(), POLLIN, 0}};
  while (true) {
    if (::poll(all.data(), all.size(), -1) < 0 && errno != EINTR) {
      throw_errno("poll");
    }
    if (all[1].revents != 0) break;
    if (all[2].revents != 0) slots_.go_on();
    for (int i = 0; i < kAtOnce && receive(); ++i) {
    }
  }
  if (!slots_.finish(kGrace)) log_warn("sender-cut-off");
  return 0;
}

// Whether there may be more.
bool Sender::receive() {
  Packet packet = receive_packet(place_.socket, buffer_);
  if (packet.size < 0) {
    if (errno == EAGAIN) return false;
    if (errno == EINTR) return true;
    throw_errno("errand");
  }
  if (packet.size == 0) throw Fault("there is no scheduler any more");
  auto message = parse_to_sender(std::string_view(buffer_).substr(
      0, static_cast<std::size_t>(packet.size)));
  if (message) {
    take(std::move(*message), std::move(packet.file));
  } else {
    log_error("bad-errand", {{"reason", message.error().why}});
  }
  return true;
}

void Sender::take(ToSender message, Fd file) {
  const auto ours = [this](std::uint64_t life) {
    return life == 0 || life == life_;
  };
  if (auto* lookup = std::get_if<Lookup>(&message)) {
    if (ours(lookup->life)) lookups_.add(std::move(*lookup));
    return;
  }
  auto& errand = std::get<Errand>(message);
  if (ours(errand.life)) slots_.give(std::move(errand), std::move(file));
}

// From any thread: a packet is sent whole or not at all.
void Sender::tell(const FromSender& message) const {
  const std::string packet = to_packet(message);
  while (::send(place_.socket.number(), packet.data(), packet.size(),
                MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    log_error("report-lost", {{"reason", std::strerror(errno)}});
    return;
  }
}

}  // namespace mail::deliver
