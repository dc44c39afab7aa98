#include "imap/commands.h"

namespace mail::imap {

// CHECK is the same: nothing here waits to be written (RFC 3501 6.4.1).
Reply noop(Work&, Reader& args) {
  return args.finish() ? ok("done") : bad(args.why());
}

}  // namespace mail::imap
