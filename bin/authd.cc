// authd - checks passwords for the other daemons.
//
//   reads     mail.toml; credentials.db
//   writes    credentials.db; log lines to standard error
//   runs as   the user staunch-auth, behind two local sockets
//   trusts    that smtpd and imapd say truly who their peer is; nothing that
//             the peer itself says
//   promises  no other daemon sees a stored password or verifier; a name that
//             does not exist is answered as one that does
//   on fault  answers "unavailable"; exits 75 when it cannot start
//
// See authd(8), and mail(7) for the whole.

#include "base/options.h"
#include "base/process.h"
#include "directory/authd.h"

namespace {

int run(int argc, char** argv) {
  mail::Options options("authd", "checks passwords for the other daemons");
  options.parse(argc, argv);
  mail::make_undumpable();
  return mail::directory::supervise_authd(options.config_file());
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
