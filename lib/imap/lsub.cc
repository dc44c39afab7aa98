// LSUB (RFC 3501 section 6.3.9).

#include <set>

#include "imap/commands.h"
#include "imap/pattern.h"

namespace mail::imap {
namespace {

void send(Work& work, std::string_view attributes, std::string_view name) {
  work.out.add("* LSUB (").add(attributes).add(") \"/\" ");
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

// "%" also finds a name that is above a subscribed one, with \Noselect.
Reply lsub(Work& work, Reader& args) {
  args.space();
  const std::string reference = args.reference();
  args.space();
  const std::string text = args.list_mailbox();
  if (!are_short(reference, {text})) args.limit("pattern too long");
  if (!args.finish()) return bad(args.why());
  const Pattern pattern(reference, text);
  std::set<std::string> found, above;
  for (const std::string& name : work.account().subscriptions()) {
    if (pattern.matches(name)) {
      found.insert(name);
    } else if (pattern.has_percent()) {
      add_parents(pattern, name, above);
    }
  }
  for (const std::string& name : found) send(work, "", name);
  for (const std::string& name : above) {
    if (!found.contains(name)) send(work, "\\Noselect", name);
  }
  return ok("done");
}

}  // namespace mail::imap
