// smtpd - takes mail from the network and puts it into the spool.
//
//   reads     mail.toml; directory.db; DNS
//   writes    spool/in, one file a message; log lines to standard error
//   runs as   the user staunch-smtp, on sockets it was given
//   trusts    nothing a peer says
//   promises  a 250 after DATA means the message survives a power cut
//   on fault  answers 451 and goes on; exits 75 when it cannot start
//
// A crash takes along the sessions of one worker process, no others.
// See smtpd(8) for the options and mail(7) for where smtpd stands.

#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cage_roles.h"
#include "base/log.h"
#include "base/options.h"
#include "base/process.h"
#include "daemon/serving.h"
#include "directory/sqlite_directory.h"
#include "intake/desk.h"
#include "intake/serving.h"
#include "sasl/authd_client.h"
#include "smtp/session.h"

namespace {

using namespace mail;

constexpr int kNice = 9;

void work(net::Worker& worker, const daemon::Basis& basis) {
  const config::Settings& settings = basis.settings;
  // A peer that comes meanwhile is told 451, not left without a greeting.
  using Need = directory::SqliteDirectory::Need;
  directory::SqliteDirectory directory(
      settings.directory_db(), settings.subaddress_separator, Need::Later);
  const auto resolver = intake::client_resolver(settings, basis.records);
  spool::Writer spool(settings.spool());
  spool::Announcer scheduler(settings.scheduler_socket());
  const auto sha1 = settings.auth_scram_sha1 ? sasl::Sha1::Yes : sasl::Sha1::No;
  sasl::AuthdClient authority(settings.authd_socket(), sha1);
  const SystemClock clock;
  intake::Desk desk({settings, directory, *resolver, spool, scheduler, clock});
  const smtp::Rules rules = intake::smtp_rules(settings, worker);
  // Mail that has been taken goes before mail that is offered: where the
  // processor is short, delivery keeps up and peers wait.  Under a service
  // manager this is the unit's business, and may be forbidden here.
  if (::setpriority(PRIO_PROCESS, 0, kNice) != 0) log_debug("not-nicer");
  close_cage(smtpd_rights(settings.data));
  worker.serve([&](const net::Peer& peer, net::Link& link) {
    return std::make_unique<smtp::Session>(
        smtp::Session::Parts{rules, desk, authority, link}, peer);
  });
}

int run(int argc, char** argv) {
  Options options("smtpd", "takes mail from the network");
  options.parse(argc, argv);
  make_undumpable();
  ::umask(0007);  // the spool's group reads what we write

  return daemon::serve(
      options.config_file(),
      {.program = "smtpd",
       .sockets = {"smtp", "submission", "submissions", "lmtp"},
       .records = daemon::Records::Local,
       .refusal = intake::refusal,
       .work = work});
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
