// CREATE (RFC 3501 section 6.3.3; USE: RFC 6154 section 3).

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/special_use.h"
#include "store/object_id.h"

namespace mail::imap {
namespace {

struct Use {
  store::Role role = store::Role::None;
  bool possible = true;
};

// "(USE (\Drafts))", RFC 4466 2.2.  A mailbox has one use at most.
Use read_use(Reader& args) {
  Use use;
  if (!args.take(' ')) return use;
  args.expect('(');
  if (!args.take_word("USE")) args.fail("unknown CREATE parameter");
  args.space();
  args.expect('(');
  if (!args.take(')')) {
    do {
      args.expect('\\');
      const auto role = parse_use('\\' + std::string(args.atom()));
      const bool other = use.role != store::Role::None && role != use.role;
      use.possible = use.possible && role && !other;
      use.role = role.value_or(use.role);
    } while (args.take(' '));
    args.expect(')');
  }
  args.expect(')');
  return use;
}

}  // namespace

Reply create(Work& work, Reader& args) {
  args.space();
  const std::string name = args.mailbox();
  const Use use = read_use(args);
  if (!args.finish()) return bad(args.why());
  store::Account& account = work.account();
  if (account.mailbox(name)) return no("[ALREADYEXISTS] the mailbox exists");
  if (!use.possible) return no("[USEATTR] no mailbox can have that use");
  if (use.role != store::Role::None && account.mailbox(use.role)) {
    return no("[USEATTR] another mailbox has that use");
  }
  const auto made = account.create_mailbox(name, use.role);
  if (!made) return no("[CANNOT] " + made.error().why);
  return ok("[MAILBOXID (" +
            store::object_id(store::IdKind::Mailbox, made->id) + ")] created");
}

}  // namespace mail::imap
