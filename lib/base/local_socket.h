// Local sockets: AF_UNIX sockets that are files.
//
//   Fd listener = listen_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC, 0660);
//   Fd socket = connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC);
//   if (!socket) ... errno says why
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <optional>
#include <string>

#include "base/fd.h"

namespace mail {

// Nothing when the path is longer than the kernel takes (107 octets).
std::optional<sockaddr_un> local_address(const std::string& path);

// Binds and listens; what a process that was killed has left is replaced.
// `mode` is the file's from the start: it is never open wider.  Fault.
Fd listen_local(const std::string& path, int type, mode_t mode);

// An empty descriptor, and errno, when that fails: ENOENT and ECONNREFUSED
// when nobody listens, EAGAIN when too many wait, ENAMETOOLONG.
Fd connect_local(const std::string& path, int type);

// Who connected or, for the one who did, who listens; nothing when the
// kernel does not say.
std::optional<ucred> peer_of(const Fd& socket);

}  // namespace mail
