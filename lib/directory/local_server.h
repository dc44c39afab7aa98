// LocalServer: authd's end of a local socket (SOCK_SEQPACKET).
//
// The kernel says who connects (SO_PEERCRED, SO_PEERGROUPS).  A packet that is none closes that client, nobody
// else; so does a client that does not read.  One thread runs it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "sasl/packet.h"

namespace mail::directory {

// Whom a socket serves, whatever the mode of its file lets in.
struct Admission {
  std::set<uid_t> users;
  std::set<gid_t> groups;
};

// The own user, root, and the group that the socket's file is open to.
Admission admit_group(const Fd& listener);

// The own user and root; no group.
Admission admit_self();

// Whom the mode of the socket's file lets in: the folder's group where the
// folder gives its files one (set-group-ID), or the own user alone.
enum class Door { Group, Self };

// Binds and listens where nobody does: a Fault otherwise.
Fd listen_alone(const std::string& path, Door door);

class LocalServer {
 public:
  // What the owner does with packets; called from run().
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void received(std::uint64_t client, sasl::Packet packet) = 0;
    virtual void closed(std::uint64_t client) = 0;
    // received() threw this Fault; `number` is the question's.
    virtual void failed(std::uint64_t client, std::uint64_t number,
                        const std::string& why) = 0;
  };

  LocalServer(Fd listener, Admission admission, Handler& handler);

  // Also waits for this descriptor, and calls when it is readable.
  void watch(int descriptor, std::function<void()> call);

  void send(std::uint64_t client, const sasl::Packet& packet);

  // Until stop() is called from within.
  void run();
  void stop() { stopping_ = true; }

 private:
  struct Watch {
    int descriptor;
    std::function<void()> call;
  };

  void accept_one();
  bool admits(const Fd& client) const;
  void receive(std::uint64_t id);
  void close(std::uint64_t id);

  Fd listener_;
  Handler& handler_;
  const Admission admission_;
  std::vector<Watch> watches_;
  std::map<std::uint64_t, Fd> clients_;
  std::uint64_t next_client_ = 1;
  bool stopping_ = false;
};

}  // namespace mail::directory
