// LIST and LSUB (RFC 3501 sections 6.3.8, 6.3.9; CHILDREN: RFC 3348;
// SPECIAL-USE: RFC 6154).

#include <set>

#include "imap/commands.h"
#include "imap/pattern.h"

namespace mail::imap {
namespace {

std::string_view attribute(store::Role role) {
  switch (role) {
    case store::Role::Drafts:
      return " \\Drafts";
    case store::Role::Sent:
      return " \\Sent";
    case store::Role::Junk:
      return " \\Junk";
    case store::Role::Trash:
      return " \\Trash";
    case store::Role::Archive:
      return " \\Archive";
    case store::Role::None:
    case store::Role::Inbox:
      break;
  }
  return "";
}

struct Arguments {
  std::string reference;
  std::string pattern;
};

Arguments read(Reader& args) {
  Arguments out;
  args.space();
  out.reference = args.mailbox();
  args.space();
  out.pattern = args.list_mailbox();
  if (out.reference.size() + out.pattern.size() > kMaxPattern) {
    args.fail("pattern too long");
  }
  return out;
}

void send(Work& work, std::string_view response, std::string_view attributes,
          std::string_view name) {
  work.out.add("* ").add(response).add(" (").add(attributes).add(") \"/\" ");
  work.out.mailbox(name).end_line();
}

// The names above `name` that the pattern means.
void add_parents(const Pattern& pattern, std::string_view name,
                 std::set<std::string>& out) {
  for (std::size_t at = name.find('/'); at != name.npos;
       at = name.find('/', at + 1)) {
    if (pattern.matches(name.substr(0, at))) {
      out.insert(std::string(name.substr(0, at)));
    }
  }
}

}  // namespace

Reply list(Work& work, Reader& args) {
  const Arguments wanted = read(args);
  if (!args.finish()) return bad(args.why());
  if (wanted.pattern.empty()) {  // asks for the separator
    work.out.untagged("LIST (\\Noselect) \"/\" \"\"");
    return ok("done");
  }
  const Pattern pattern(wanted.reference, wanted.pattern);
  for (const store::Mailbox& row : work.account().mailboxes()) {
    if (!pattern.matches(row.name)) continue;
    std::string attributes =
        row.has_children ? "\\HasChildren" : "\\HasNoChildren";
    attributes += attribute(row.role);
    send(work, "LIST", attributes, row.name);
  }
  return ok("done");
}

// RFC 3501 6.3.9: "%" also finds a name that is above a subscribed one, with
// \Noselect.
Reply lsub(Work& work, Reader& args) {
  const Arguments wanted = read(args);
  if (!args.finish()) return bad(args.why());
  const Pattern pattern(wanted.reference, wanted.pattern);
  std::set<std::string> found, above;
  for (const std::string& name : work.account().subscriptions()) {
    if (pattern.matches(name)) {
      found.insert(name);
    } else if (pattern.has_percent()) {
      add_parents(pattern, name, above);
    }
  }
  for (const std::string& name : found) send(work, "LSUB", "", name);
  for (const std::string& name : above) {
    if (!found.contains(name)) send(work, "LSUB", "\\Noselect", name);
  }
  return ok("done");
}

}  // namespace mail::imap
