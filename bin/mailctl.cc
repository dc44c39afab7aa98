// mailctl - the administrator's tool.
//
//   reads     mail.toml; what the command is about
//   writes    directory.db, accounts/, what init makes; credentials.db only
//             where no authd runs
//   runs as   the owner of what it works on, also when root starts it
//   trusts    its command line, and the control sockets of authd and
//             queue-runner
//   promises  a change is on the disk when it exits 0
//   on fault  exits with a code of sysexits(3) and one line why
//
// See mailctl(8) for the commands.

#include "admin/account_care.h"
#include "admin/accounts.h"
#include "admin/aliases.h"
#include "admin/bans.h"
#include "admin/context.h"
#include "admin/domains.h"
#include "admin/init.h"
#include "admin/mailboxes.h"
#include "admin/metrics.h"
#include "admin/queue.h"
#include "admin/route.h"
#include "admin/rules.h"
#include "admin/settings.h"
#include "admin/sites.h"
#include "admin/status.h"
#include "admin/trace.h"
#include "base/log.h"
#include "base/options.h"
#include "base/process.h"

namespace {

using namespace mail::admin;

int run(int argc, char** argv) {
  mail::Options options("mailctl", "administers a mail server");
  Context context(options);
  InitCommand init(options, context);
  DomainCommands domains(options, context);
  mail::Options& account = options.command("account", "who has mail here");
  AccountCommands accounts(account, context);
  AccountCareCommands care(account, context);
  AliasCommands aliases(options, context);
  BanCommands bans(options, context);
  MailboxCommands mailboxes(options, context);
  QueueCommands queue(options, context);
  RuleCommands rules(options, context);
  SiteCommands sites(options, context);
  MetricsCommand metrics(options, context);
  RouteCommand route(options, context);
  StatusCommand status(options, context);
  SettingsCommands settings(options, context);
  TraceCommand trace(options, context);
  options.parse(argc, argv);
  mail::make_undumpable();
  mail::hide_info_lines();
  return options.run();
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
