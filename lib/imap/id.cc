#include "imap/capability.h"
#include "imap/commands.h"

namespace mail::imap {

void read_client_id(Reader& args) {
  args.space();
  if (args.take_word("NIL")) return;
  args.expect('(');
  if (args.take(')')) return;
  do {
    args.string();
    args.space();
    args.nstring();
  } while (args.take(' '));
  args.expect(')');
}

std::string_view identity() {
  return "* ID (\"name\" \"Staunch\" \"version\" \"" STAUNCH_VERSION "\")";
}

Reply id(Work& work, Reader& args) {
  read_client_id(args);
  if (!args.finish()) return bad(args.why());
  work.out.add(identity()).end_line();
  return ok("done");
}

}  // namespace mail::imap
