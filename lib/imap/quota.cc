// GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208 section 4.1).
//
// An account has one quota root, "", which all its mailboxes share.

#include "imap/commands.h"

namespace mail::imap {
namespace {

// STORAGE is in units of 1024 octets (RFC 9208 5.1).  Usage and limit are both
// rounded up: who is within the limit is never told to be above it, and no
// limit becomes 0.
std::int64_t units(std::int64_t octets) { return (octets + 1023) / 1024; }

// What has no limit is not told (RFC 9208 4.2.1).
void send_quota(Work& work) {
  const auto usage = work.account().usage();
  work.out.add("* QUOTA \"\" (");
  if (usage.limit_bytes > 0) {
    work.out.add("STORAGE ")
        .number(units(usage.bytes))
        .add(' ')
        .number(units(usage.limit_bytes));
  }
  if (usage.limit_emails > 0) {
    work.out.add(usage.limit_bytes > 0 ? " MESSAGE " : "MESSAGE ")
        .number(usage.emails)
        .add(' ')
        .number(usage.limit_emails);
  }
  work.out.add(')').end_line();
}

}  // namespace

Reply getquota(Work& work, Reader& args) {
  args.space();
  const std::string root = args.astring();
  if (!args.finish()) return bad(args.why());
  if (!root.empty()) return no("[NONEXISTENT] no such quota root");
  send_quota(work);
  return ok("done");
}

// The mailbox need not exist (RFC 9208 4.1.2).
Reply getquotaroot(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  if (!args.finish()) return bad(args.why());
  work.out.add("* QUOTAROOT ").mailbox(name).add(" \"\"").end_line();
  send_quota(work);
  return ok("done");
}

// The administrator sets limits, users do not: there is no QUOTASET.
Reply setquota(Work&, Reader& args) {
  args.space();
  args.astring();
  args.space();
  args.expect('(');
  if (!args.take(')')) {
    do {
      args.atom();
      args.space();
      args.modseq();  // number64
    } while (args.take(' '));
    args.expect(')');
  }
  if (!args.finish()) return bad(args.why());
  return no("[NOPERM] the administrator sets the quota");
}

}  // namespace mail::imap
