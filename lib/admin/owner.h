// Owner: programs started by root become the owner of what they work on.
//
// Nothing of Staunch runs as root.  An administrator may start maild and
// mailctl as root; they turn into the owner of the instance's folder for
// good, before they open anything in it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace mail::admin {

struct User {
  std::string name;  // empty: an id without an entry
  uid_t uid = 0;
  gid_t gid = 0;
};

std::optional<User> find_user(const std::string& name);

// The user; made by useradd(8), as a system user without a shell, when there
// is none.  Root only.
User make_system_user(const std::string& name);

// Turns this process into the user: groups, gid, uid, never back.
void become(const User& user);

// Root: becomes the owner of `path`.  Others: an Exit (77) unless they own
// it.  An Exit as well when root owns it, and 66 when it is not there.
void become_owner(const std::string& path);

// Root: becomes the owner of the file unless that is root.  For the
// configuration, which may belong to root.
void become_owner_unless_root(const std::string& path);

// The folder on the way to `path` that the user cannot pass; by owner, group
// and mode.  What does not exist yet counts as passable.
std::optional<std::string> barrier(const std::string& path, const User& user);

}  // namespace mail::admin
