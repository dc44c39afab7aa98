#include "base/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"

namespace mail {
namespace {

// What newer kernels know than the header of Debian 12 does.
constexpr std::uint64_t kTruncate = 1ULL << 14;      // ABI 3
constexpr std::uint64_t kDeviceIoctl = 1ULL << 15;   // ABI 5
constexpr std::uint64_t kBindTcp = 1ULL << 0;        // ABI 4
constexpr std::uint64_t kConnectTcp = 1ULL << 1;     // ABI 4
constexpr std::uint64_t kScopeAbstract = 1ULL << 0;  // ABI 6
constexpr std::uint64_t kScopeSignal = 1ULL << 1;    // ABI 6

// struct landlock_ruleset_attr of ABI 6.
struct RulesetAttributes {
  std::uint64_t files;
  std::uint64_t net;
  std::uint64_t scoped;
};

// struct landlock_net_port_attr and its kind of rule, of ABI 4.
struct PortRule {
  std::uint64_t allowed_access;
  std::uint64_t port;  // 0: whichever the kernel chooses
};
constexpr int kPortRule = 2;

// What may be done with a file itself; the rest is about folders.
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kDeviceIoctl;

struct Meaning {
  Access access;
  std::uint64_t rights;
};

constexpr Meaning kMeanings[] = {
    {Access::Read, LANDLOCK_ACCESS_FS_READ_FILE},
    {Access::Write, LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate},
    {Access::List, LANDLOCK_ACCESS_FS_READ_DIR},
    {Access::Create, LANDLOCK_ACCESS_FS_MAKE_REG},
    {Access::MakeFolder, LANDLOCK_ACCESS_FS_MAKE_DIR},
    {Access::Remove, LANDLOCK_ACCESS_FS_REMOVE_FILE},
    {Access::RemoveFolder, LANDLOCK_ACCESS_FS_REMOVE_DIR},
    {Access::Link, LANDLOCK_ACCESS_FS_REFER},
    {Access::MakeSocket, LANDLOCK_ACCESS_FS_MAKE_SOCK},
};

// All that a kernel of this ABI can refuse about files.
std::uint64_t known_file_rights(long abi) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kDeviceIoctl;
  return rights;
}

std::uint64_t wanted(Access access) {
  std::uint64_t rights = 0;
  for (const Meaning& meaning : kMeanings) {
    if (has(access, meaning.access)) rights |= meaning.rights;
  }
  return rights;
}

long kernel_abi() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                   LANDLOCK_CREATE_RULESET_VERSION);
}

Fd make_ruleset(const Rights& rights, long abi) {
  RulesetAttributes attributes{};
  attributes.files = known_file_rights(abi);
  std::size_t size = sizeof attributes.files;
  if (abi >= 4) {
    attributes.net = kBindTcp;
    if (rights.sockets != Sockets::Network) attributes.net |= kConnectTcp;
    size += sizeof attributes.net;
  }
  if (abi >= 6) {
    attributes.scoped = kScopeAbstract | kScopeSignal;
    size += sizeof attributes.scoped;
  }
  Fd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) throw_errno("landlock_create_ruleset");
  return ruleset;
}

void allow(const Fd& ruleset, const PathRight& right, std::uint64_t known) {
  const Fd path(::open(right.path.c_str(), O_PATH | O_CLOEXEC));
  if (!path && errno == ENOENT) return;
  if (!path) throw_errno("open " + right.path);
  struct stat status{};
  if (::fstat(path.number(), &status) != 0) throw_errno("fstat");

  landlock_path_beneath_attr rule{};
  rule.allowed_access = wanted(right.access) & known;
  if (!S_ISDIR(status.st_mode)) rule.allowed_access &= kOfFiles;
  rule.parent_fd = path.number();
  if (rule.allowed_access == 0) return;
  if (::syscall(SYS_landlock_add_rule, ruleset.number(),
                LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    throw_errno("landlock_add_rule " + right.path);
  }
}

void allow_ephemeral_ports(const Fd& ruleset) {
  const PortRule rule{kBindTcp, 0};
  if (::syscall(SYS_landlock_add_rule, ruleset.number(), kPortRule, &rule,
                0) != 0) {
    throw_errno("landlock_add_rule for ports");
  }
}

}  // namespace

void restrict_files(const Rights& rights) {
  const long abi = kernel_abi();
  if (abi < 1) {
    log_warn("no-landlock", {{"role", rights.role}});
    return;
  }
  // Before ABI 2 links between folders are always refused: a role that needs
  // them cannot work inside.
  bool links = false;
  for (const PathRight& right : rights.paths) {
    links = links || has(right.access, Access::Link);
  }
  if (abi < 2 && links) {
    log_warn("old-landlock", {{"role", rights.role}, {"abi", abi}});
    return;
  }
  const Fd ruleset = make_ruleset(rights, abi);
  for (const PathRight& right : rights.paths) {
    allow(ruleset, right, known_file_rights(abi));
  }
  if (abi >= 4 && rights.bind_tcp) allow_ephemeral_ports(ruleset);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw_errno("no_new_privs");
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.number(), 0) != 0) {
    throw_errno("landlock_restrict_self");
  }
}

}  // namespace mail
