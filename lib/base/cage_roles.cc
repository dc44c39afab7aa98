#include "base/cage_roles.h"

namespace mail {
namespace {

constexpr Access kReadWrite = Access::Read | Access::Write;
constexpr Access kOwn = kReadWrite | Access::List | Access::Create |
                        Access::MakeFolder | Access::Remove |
                        Access::RemoveFolder | Access::Link;

// What the C library, SQLite and ICU may look into; all of it public.
void add_system(Rights& rights) {
  rights.paths.push_back({"/dev/null", kReadWrite});
  for (const char* path : {"/dev/urandom", "/etc/localtime",
                           "/usr/share/zoneinfo", "/usr/share/icu"}) {
    rights.paths.push_back({path, Access::Read});
  }
}

void add_resolver(Rights& rights) {
  for (const char* path : {"/etc/resolv.conf", "/etc/hosts", "/etc/services",
                           "/usr/share/dns", "/var/lib/unbound/root.key"}) {
    rights.paths.push_back({path, Access::Read});
  }
}

// A database whose folder is not the role's: its files one by one.
void add_database(Rights& rights, const std::string& path, Access access) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    rights.paths.push_back({path + suffix, access});
  }
}

}  // namespace

Rights smtpd_rights(const std::string& data) {
  Rights rights{.role = "smtpd",
                .paths = {{data + "/spool/in", kReadWrite | Access::Create},
                          {data + "/spam", Access::Read}},
                .opening = Opening::ReadOrMake,
                .sockets = Sockets::Network};
  add_system(rights);
  add_resolver(rights);
  add_database(rights, data + "/directory.db", Access::Read);
  return rights;
}

// Equal rights to the file on both sides of a link: Landlock says EXDEV where
// the new name would allow more.  Files below accounts/ are written (mail.db,
// modseq), and rights are given to folders with all below them, so the kernel
// cannot be told "link a spool file, but never open it for writing": what is
// not written there would have to lie beside accounts/.  Nor can seccomp, to
// which both are an openat with the same flags.  What stands against it is
// that the footer's checksum is verified before a message is linked.
Rights delivery_rights(const std::string& data) {
  constexpr Access kLinkFrom = kReadWrite | Access::Link;
  Rights rights{.role = "delivery",
                .paths = {{data + "/spool/in", kLinkFrom},
                          {data + "/spool/deferred", kLinkFrom},
                          {data + "/accounts", kOwn}},
                .opening = Opening::Anything,
                .sockets = Sockets::None,
                .list = true,
                .change = true};
  add_system(rights);
  return rights;
}

// It makes reports in in/, and messages go to and fro between the first three
// folders, so that their rights are equal (see above); into corrupt/ they only
// go.  Its folders are made before.
Rights scheduler_rights(const std::string& data) {
  constexpr Access kMoves = Access::Read | Access::List | Access::Create |
                            Access::Remove | Access::Link;
  Rights rights{.role = "scheduler",
                .paths = {{data + "/spool/in", kMoves | Access::Write},
                          {data + "/spool/deferred", kMoves | Access::Write},
                          {data + "/spool/hold", kMoves | Access::Write},
                          {data + "/spool/corrupt", kMoves}},
                .opening = Opening::Anything,
                .sockets = Sockets::Local,
                .list = true,
                .change = true};
  add_system(rights);
  add_database(rights, data + "/directory.db", Access::Read);
  add_database(rights, data + "/queue.db", kReadWrite);
  return rights;
}

Rights sender_rights() {
  // Where relay_source_ipv4 says from where mail leaves.
  return {.role = "sender", .sockets = Sockets::Network, .bind_tcp = true};
}

Rights imapd_rights(const std::string& data) {
  Rights rights{.role = "imapd",
                .paths = {{data + "/accounts", kOwn}},
                .opening = Opening::Anything,
                .sockets = Sockets::Local,
                .list = true,
                .change = true,
                .watch = true};
  add_system(rights);
  return rights;
}

Rights authd_rights(const std::string& data) {
  Rights rights{
      .role = "authd", .opening = Opening::Anything, .sockets = Sockets::Local};
  add_system(rights);
  add_database(rights, data + "/credentials.db", kReadWrite);
  return rights;
}

}  // namespace mail
