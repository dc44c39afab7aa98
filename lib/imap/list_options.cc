#include "imap/list_options.h"

#include "imap/pattern.h"

namespace mail::imap {
namespace {

// list-select-opts of RFC 5258 section 6: RECURSIVEMATCH does not stand alone
// or with REMOTE, which names nothing more here, only.
void read_selection(Reader& args, ListOptions& options) {
  options.extended = true;
  args.expect('(');
  if (args.take(')')) return;
  do {
    if (args.take_word("SUBSCRIBED")) {
      options.subscribed = options.tells_subscribed = true;
    } else if (args.take_word("SPECIAL-USE")) {
      options.special_use = true;
    } else if (args.take_word("RECURSIVEMATCH")) {
      options.recursive = true;
    } else if (!args.take_word("REMOTE")) {
      args.fail("unknown LIST selection option");
    }
  } while (args.take(' '));
  args.expect(')');
  if (options.recursive && !options.subscribed && !options.special_use) {
    args.fail("RECURSIVEMATCH of what?");
  }
}

// Children and special uses are told in any case.
void read_return(Reader& args, ListOptions& options) {
  options.extended = true;
  if (!args.take_word("RETURN")) args.fail("expected RETURN");
  args.space();
  args.expect('(');
  if (args.take(')')) return;
  do {
    if (args.take_word("SUBSCRIBED")) {
      options.tells_subscribed = true;
    } else if (args.take_word("STATUS")) {
      args.space();
      options.status = StatusItems::read(args);
    } else if (!args.take_word("CHILDREN") && !args.take_word("SPECIAL-USE")) {
      args.fail("unknown LIST return option");
    }
  } while (args.take(' '));
  args.expect(')');
}

}  // namespace

ListArguments read_list(Reader& args) {
  ListArguments out;
  args.space();
  if (args.next() == '(') {
    read_selection(args, out.options);
    args.space();
  }
  out.reference = args.reference();
  args.space();
  if (args.take('(')) {
    out.options.extended = true;
    do {
      out.patterns.push_back(args.list_mailbox());
    } while (args.take(' '));
    args.expect(')');
  } else {
    out.patterns.push_back(args.list_mailbox());
  }
  if (args.take(' ')) read_return(args, out.options);
  return out;
}

}  // namespace mail::imap
