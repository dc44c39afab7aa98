#include "base/ascii.h"
#include "imap/commands.h"

namespace mail::imap {

// RFC 4978 section 3.
Reply compress(Work& work, Reader& args) {
  using Compression = User::Compression;
  args.space();
  const std::string_view algorithm = args.atom();
  if (!args.finish()) return bad(args.why());
  if (!same_text(algorithm, "DEFLATE")) return bad("unknown algorithm");
  if (work.user.compression != Compression::None) {
    return no("[COMPRESSIONACTIVE] DEFLATE is active");
  }
  work.user.compression = Compression::Begins;
  return ok("DEFLATE begins");
}

}  // namespace mail::imap
