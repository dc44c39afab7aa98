// LIST (RFC 3501 section 6.3.8; LIST-EXTENDED: RFC 5258; LIST-STATUS: RFC
// 5819; SPECIAL-USE: RFC 6154).

#include <map>

#include "imap/commands.h"
#include "imap/list_options.h"
#include "imap/pattern.h"
#include "imap/special_use.h"

namespace mail::imap {
namespace {

// A name that may be listed.
struct Name {
  const store::Mailbox* row = nullptr;  // nullptr: there is no such mailbox
  bool subscribed = false;
  bool selected = false;         // meets the selection options
  bool parent = false;           // a name below does,
  bool parent_of_other = false;  // and that one does not match a pattern
};

using Names = std::map<std::string, Name, std::less<>>;

bool meets(const Name& name, const ListOptions& options) {
  if (options.subscribed && !name.subscribed) return false;
  if (options.special_use) {
    return name.row && !use_attribute(name.row->role).empty();
  }
  return name.row || options.subscribed;
}

// Tells the names above one that meets the options of it; they need not
// exist.
void mark_parents(Names& names, std::string_view name,
                  const Patterns& patterns) {
  const bool listed = patterns.match(name);
  for (std::size_t at = name.find('/'); at != name.npos;
       at = name.find('/', at + 1)) {
    Name& above = names[std::string(name.substr(0, at))];
    above.parent = true;
    above.parent_of_other |= !listed;
  }
}

Names gather(Work& work, const std::vector<store::Mailbox>& rows,
             const ListOptions& options, const Patterns& patterns) {
  Names names;
  for (const store::Mailbox& row : rows) {
    names.emplace_hint(names.end(), row.name, Name{&row, row.subscribed});
  }
  if (options.subscribed) {
    for (const std::string& name : work.account().subscriptions()) {
      names[name].subscribed = true;
    }
  }
  std::vector<std::string> selected;
  for (auto& [name, what] : names) {
    what.selected = meets(what, options);
    if (what.selected) selected.push_back(name);
  }
  if (options.recursive) {
    for (const std::string& name : selected) {
      mark_parents(names, name, patterns);
    }
  }
  return names;
}

std::string attributes(const Name& name, const ListOptions& options) {
  std::string out = !name.row               ? "\\NonExistent "
                    : !name.row->selectable ? "\\Noselect "
                                            : "";
  out +=
      name.row && name.row->has_children ? "\\HasChildren" : "\\HasNoChildren";
  if (options.tells_subscribed && name.subscribed) out += " \\Subscribed";
  const auto use = use_attribute(name.row ? name.row->role : store::Role::None);
  if (!use.empty()) out.append(" ").append(use);
  return out;
}

void send(Work& work, std::string_view path, const Name& name,
          const ListOptions& options) {
  work.out.add("* LIST (").add(attributes(name, options)).add(") \"/\" ");
  work.out.mailbox(path);
  if (options.recursive && name.parent) {  // RFC 5258 3.5
    work.out.add(" (\"CHILDINFO\" (")
        .add(options.subscribed ? "\"SUBSCRIBED\"" : "")
        .add(options.subscribed && options.special_use ? " " : "")
        .add(options.special_use ? "\"SPECIAL-USE\"" : "")
        .add("))");
  }
  work.out.end_line();
  // RFC 5819 section 2: a \Noselect name has no status.
  if (options.status && name.row && name.row->selectable && name.selected) {
    options.status->send(work, *name.row);
  }
}

}  // namespace

Reply list(Work& work, Reader& args) {
  const ListArguments wanted = read_list(args);
  if (!are_short(wanted.reference, wanted.patterns)) {
    args.limit("pattern too long");
  }
  if (!args.finish()) return bad(args.why());
  const ListOptions& options = wanted.options;
  if (!options.extended && wanted.patterns.front().empty()) {
    work.out.untagged("LIST (\\Noselect) \"/\" \"\"");  // the separator
    return ok("done");
  }
  const Patterns patterns(wanted.reference, wanted.patterns);
  const auto rows = work.account().mailboxes();
  for (const auto& [path, name] : gather(work, rows, options, patterns)) {
    // RFC 5258 3.3, 3.5: a name above is not told of names that are listed.
    if (!name.selected && !name.parent_of_other) continue;
    if (!patterns.match(path)) continue;
    send(work, path, name, options);
    work.breathe();
  }
  return ok("done");
}

}  // namespace mail::imap
