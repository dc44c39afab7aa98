#include "base/ascii.h"
#include "imap/commands.h"

namespace mail::imap {

// RFC 5161 3.1: what is not known is passed over, and what was enabled before
// is not told again.
Reply enable(Work& work, Reader& args) {
  bool condstore = false;
  bool qresync = false;
  bool metadata = false;
  do {
    args.space();
    const auto name = args.atom();
    condstore |= same_text(name, "CONDSTORE");
    qresync |= same_text(name, "QRESYNC");
    metadata |= same_text(name, "METADATA");
  } while (!args.at_end());
  if (!args.finish()) return bad(args.why());
  std::string enabled = "ENABLED";
  if (condstore && !work.user.condstore) enabled += " CONDSTORE";
  if (qresync && !work.user.qresync) enabled += " QRESYNC";
  if (metadata && !work.user.annotations) {
    enabled += " METADATA";
    // RFC 5464 4.1: changes from now on are told.
    work.user.annotations = work.account().modseq();
  }
  work.out.untagged(enabled);
  // RFC 7162 3.2.3: QRESYNC enables CONDSTORE as well.
  work.user.condstore |= condstore || qresync;
  work.user.qresync |= qresync;
  return ok("done");
}

}  // namespace mail::imap
