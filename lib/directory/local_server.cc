#include "directory/local_server.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
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
#include "base/log.h"
#include "sasl/link.h"

namespace mail::directory {
namespace {

constexpr int kBacklog = 256;
constexpr std::size_t kMaxClients = 512;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Fault("the path of a socket is too long: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool folder_gives_group(const std::string& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) throw_errno("stat " + folder);
  return (status.st_mode & S_ISGID) != 0;
}

// The users that /etc/group lists in a group.
std::set<uid_t> members(gid_t id) {
  std::set<uid_t> users;
  std::vector<char> room(1 << 16);
  group entry{};
  group* found = nullptr;
  if (getgrgid_r(id, &entry, room.data(), room.size(), &found) != 0 ||
      found == nullptr) {
    return users;
  }
  for (char** name = entry.gr_mem; *name != nullptr; ++name) {
    std::vector<char> more(1 << 14);
    passwd user{};
    passwd* known = nullptr;
    if (getpwnam_r(*name, &user, more.data(), more.size(), &known) == 0 &&
        known != nullptr) {
      users.insert(user.pw_uid);
    }
  }
  return users;
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

Fd listen_local(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  make_folders(folder, 0700);
  if (sasl::connect_local(path)) throw Fault("somebody listens at " + path);
  ::unlink(path.c_str());

  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     0));
  if (!socket) throw_errno("socket");
  const sockaddr_un address = address_of(path);
  // The mode it is made with, so that it is never open wider.
  const mode_t before = ::umask(folder_gives_group(folder) ? 0117 : 0177);
  const int bound =
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address),
             sizeof address);
  ::umask(before);
  if (bound != 0) throw_errno("bind " + path);
  if (::listen(socket.number(), kBacklog) != 0) throw_errno("listen");
  return socket;
}

LocalServer::LocalServer(Fd listener, Handler& handler)
    : listener_(std::move(listener)), handler_(handler) {
  users_ = {0, ::geteuid()};
  struct stat status {};
  const std::string path = path_of(listener_);
  if (::stat(path.c_str(), &status) != 0) throw_errno("stat " + path);
  if ((status.st_mode & S_IWGRP) == 0) return;
  groups_.insert(status.st_gid);
  users_.merge(members(status.st_gid));
}

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
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size) !=
      0) {
    return false;
  }
  if (users_.contains(peer.uid) || groups_.contains(peer.gid)) return true;
  log_warn("local-refused", {{"uid", peer.uid}, {"pid", peer.pid}});
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
