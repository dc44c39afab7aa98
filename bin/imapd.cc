// imapd - serves mailboxes over IMAP.
//
//   reads     mail.toml; accounts/
//   writes    accounts/; log lines to standard error
//   runs as   the user staunch, on sockets it was given
//   trusts    nothing a peer says; what authd says of who it is
//   promises  an OK to a change means that it survives a power cut
//   on fault  answers NO [UNAVAILABLE] and goes on; exits 75 when it cannot
//             start
//
// A crash takes along the sessions of one worker process, no others: on a
// machine of up to four cores that is all of them.
// See imapd(8) for the options and mail(7) for where imapd stands.

#include <sys/stat.h>

#include "base/cage_roles.h"
#include "base/options.h"
#include "base/process.h"
#include "daemon/serving.h"
#include "imap/serving.h"
#include "imap/session.h"
#include "sasl/authd_client.h"

namespace {

using namespace mail;

// Of SQLite, for each account while it is used: a mailbox that is worked with
// stays in it.
constexpr int kCacheKilobytes = 1'000;

// The sessions of an account share its open databases and their commits, if
// they are in one process.
constexpr int kCoresPerWorker = 4;

void work(net::Worker& worker, const daemon::Basis& basis) {
  const config::Settings& settings = basis.settings;
  const auto folder = imap::account_folders(settings);
  store::Accounts accounts({.folder = folder,
                            .next_uidvalidity = {},
                            .usual_quota = settings.quota,
                            .cache_kilobytes = kCacheKilobytes});
  store::Watches watches(folder);
  const auto sha1 = settings.auth_scram_sha1 ? sasl::Sha1::Yes : sasl::Sha1::No;
  sasl::AuthdClient authority(settings.authd_socket(), sha1);
  const imap::Shared shared{
      .accounts = accounts,
      .watches = watches,
      .authority = authority,
      .timeout = std::chrono::seconds(settings.imap_timeout),
      .message_size = settings.imap_message_size,
      .minimum_free = settings.minimum_free,
      .auth_on_loopback = settings.auth_on_loopback,
      .has_tls = worker.has_tls()};
  net::Compressors compressors;
  close_cage(imapd_rights(settings.data));
  worker.serve([&](const net::Peer& peer, net::Link& link) {
    return imap::make_session(shared, compressors, peer, link);
  });
}

int run(int argc, char** argv) {
  Options options("imapd", "serves mailboxes over IMAP");
  options.parse(argc, argv);
  make_undumpable();
  ::umask(0077);

  return daemon::serve(options.config_file(),
                       {.program = "imapd",
                        .sockets = {"imap", "imaps"},
                        .cores_per_worker = kCoresPerWorker,
                        .refusal = imap::refusal,
                        .work = work});
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
