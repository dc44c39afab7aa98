#include "directory/local_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fault.h"
#include "base/file.h"
#include "base/local_socket.h"
#include "base/log.h"
#include "sasl/link.h"

namespace mail::directory {
namespace {

constexpr std::size_t kMaxClients = 512;

// The groups of a peer besides its first.
std::vector<gid_t> more_groups(const Fd& client) {
  std::vector<gid_t> groups(1024);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(client.number(), SOL_SOCKET, SO_PEERGROUPS, groups.data(),
                   &size) != 0) {
    return {};
  }
  groups.resize(size / sizeof(gid_t));
  return groups;
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_errno("stat " + path);
  return status;
}

// The path a listening socket is bound to, for its mode and group.
std::string path_of(const Fd& socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address),
                    &size) != 0) {
    throw_errno("getsockname");
  }
  return std::string(address.sun_path,
                     ::strnlen(address.sun_path, sizeof address.sun_path));
}

}  // namespace

Admission admit_group(const Fd& listener) {
  Admission admission{{0, ::geteuid()}, {}};
  const struct stat status = status_of(path_of(listener));
  if ((status.st_mode & S_IWGRP) != 0) admission.groups = {status.st_gid};
  return admission;
}

Admission admit_self() { return {{0, ::geteuid()}, {}}; }

Fd listen_alone(const std::string& path, Door door) {
  const std::string folder = std::filesystem::path(path).parent_path();
  make_folders(folder, 0700);
  const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
  if (connect_local(path, type)) throw Fault("somebody listens at " + path);
  const bool shared =
      door == Door::Group && (status_of(folder).st_mode & S_ISGID) != 0;
  return listen_local(path, type | SOCK_NONBLOCK, shared ? 0660 : 0600);
}

LocalServer::LocalServer(Fd listener, Admission admission, Handler& handler)
    : listener_(std::move(listener)), handler_(handler),
      admission_(std::move(admission)) {}

void LocalServer::watch(int descriptor, std::function<void()> call) {
  watches_.push_back({descriptor, std::move(call)});
}

void LocalServer::run() {
  while (!stopping_) {
    std::vector<pollfd> polls{{listener_.number(), POLLIN, 0}};
    for (const Watch& watch : watches_) {
      polls.push_back({watch.descriptor, POLLIN, 0});
    }
    std::vector<std::uint64_t> ids;
    for (const auto& [id, client] : clients_) {
      ids.push_back(id);
      polls.push_back({client.number(), POLLIN, 0});
    }
    if (::poll(polls.data(), polls.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw_errno("poll");
    }
    std::size_t at = 1;
    for (const Watch& watch : watches_) {
      if (polls[at++].revents != 0) watch.call();
    }
    for (const std::uint64_t id : ids) {
      if (polls[at++].revents != 0) receive(id);
    }
    if (polls[0].revents != 0) accept_one();
  }
}

void LocalServer::accept_one() {
  Fd client(::accept4(listener_.number(), nullptr, nullptr,
                      SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client || !admits(client)) return;
  if (clients_.size() >= kMaxClients) {
    log_warn("local-clients", {{"open", clients_.size()}});
    return;
  }
  clients_.emplace(next_client_++, std::move(client));
}

bool LocalServer::admits(const Fd& client) const {
  const auto peer = peer_of(client);
  if (!peer) return false;
  const auto& groups = admission_.groups;
  if (admission_.users.contains(peer->uid) || groups.contains(peer->gid)) {
    return true;
  }
  for (const gid_t group : more_groups(client)) {
    if (groups.contains(group)) return true;
  }
  log_warn("local-refused", {{"uid", peer->uid}, {"pid", peer->pid}});
  return false;
}

void LocalServer::receive(std::uint64_t id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;  // closed by a call just now
  std::array<char, sasl::kMaxPacket + 1> room;
  const ssize_t size = ::recv(client->second.number(), room.data(),
                              room.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return close(id);
  auto packet =
      sasl::decode({room.data(), static_cast<std::size_t>(size)});
  if (!packet) {
    log_warn("local-malformed", {{"bytes", size}});
    return close(id);
  }
  const std::uint64_t number = packet->number;
  try {
    handler_.received(id, std::move(*packet));
  } catch (const std::exception& fault) {  // around one command
    log_error("fault", {{"why", fault.what()}});
    handler_.failed(id, number, fault.what());
  }
}

void LocalServer::send(std::uint64_t id, const sasl::Packet& packet) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  const auto bytes = sasl::encode(packet);
  require(bytes.has_value(), "an answer of authd is too long");
  const ssize_t sent =
      ::send(client->second.number(), bytes->data(), bytes->size(),
             MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) close(id);
}

void LocalServer::close(std::uint64_t id) {
  clients_.erase(id);
  handler_.closed(id);
}

}  // namespace mail::directory
