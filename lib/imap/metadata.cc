// GETMETADATA and SETMETADATA (RFC 5464).

#include <algorithm>

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/entry_name.h"
#include "imap/special_use.h"

namespace mail::imap {
namespace {

constexpr std::string_view kSpecialUse = store::kRoleAnnotation;
constexpr std::string_view kAdmin = "/shared/admin";  // of the server
constexpr std::size_t kMostEntries = 100;             // of a command

struct Options {
  std::optional<std::uint32_t> largest;  // MAXSIZE
  Depth depth = Depth::Zero;
};

void read_depth(Reader& args, Options& options) {
  if (args.take_word("0")) {
    options.depth = Depth::Zero;
  } else if (args.take_word("1")) {
    options.depth = Depth::One;
  } else if (args.take_word("infinity")) {
    options.depth = Depth::Infinity;
  } else {
    args.fail("expected 0, 1 or infinity");
  }
}

// Behind "(".
void read_options(Reader& args, Options& options) {
  do {
    const bool size = args.take_word("MAXSIZE");
    if (!size && !args.take_word("DEPTH")) args.fail("unknown option");
    args.space();
    if (size) {
      options.largest = args.number();
    } else {
      read_depth(args, options);
    }
  } while (args.take(' '));
  args.expect(')');
}

std::string read_entry(Reader& args) {
  const std::string name = args.astring();
  if (!is_entry_name(name)) args.fail("bad entry name");
  return name;
}

struct Wanted {
  std::string mailbox;  // "" the server
  Options options;
  std::vector<std::string> entries;
};

// The options stand in front of the mailbox in RFC 5464's grammar and behind
// it in its examples: both are taken.
Wanted read_get(Reader& args) {
  Wanted out;
  args.space();
  if (args.take('(')) {
    read_options(args, out.options);
    args.space();
  }
  out.mailbox = args.mailbox();
  args.space();
  bool list = args.take('(');
  if (list && is_alpha(args.next())) {
    read_options(args, out.options);
    args.space();
    list = args.take('(');
  }
  do {
    out.entries.push_back(read_entry(args));
    if (out.entries.size() > kMostEntries) args.limit("too many entries");
  } while (list && args.take(' '));
  if (list) args.expect(')');
  return out;
}

// The mailbox's id; 0 for the server; nothing when there is none.
std::optional<store::MailboxId> place(Work& work, const std::string& name) {
  if (name.empty()) return 0;
  // RFC 5464 section 4: of \Noselect names too.
  const auto row = work.account().named(name);
  if (!row) return {};
  return row->id;
}

std::vector<store::Annotation> annotations(Work& work,
                                           store::MailboxId mailbox) {
  auto all = work.account().annotations(mailbox);
  if (mailbox == 0) return all;
  // RFC 6154 section 4: as LIST shows it.
  const auto row = work.account().mailbox(mailbox);
  const auto use = use_attribute(row ? row->role : store::Role::None);
  if (!use.empty()) all.push_back({std::string(kSpecialUse), std::string(use)});
  return all;
}

void send_value(Response& out, const std::string& value) {
  if (value.find('\0') != value.npos) {
    out.add('~').literal(value);  // literal8
  } else {
    out.string(value);
  }
}

// The METADATA response.
class Answer {
 public:
  Answer(Work& work, const Wanted& wanted) : work_(work), wanted_(wanted) {}

  void add(const std::string& name, const std::string& value) {
    const auto& largest = wanted_.options.largest;
    if (largest && value.size() > *largest) {
      longest_ = std::max(longest_, value.size());
      return;
    }
    begin_pair(name);
    send_value(work_.out, value);
  }

  void add_nothing(const std::string& name) {
    begin_pair(name);
    work_.out.add("NIL");
  }

  Reply finish() {
    if (any_) work_.out.add(')').end_line();
    if (longest_ == 0) return ok("done");
    return ok("[METADATA LONGENTRIES " + std::to_string(longest_) + "] done");
  }

 private:
  void begin_pair(const std::string& name) {
    if (!any_) {
      work_.out.add("* METADATA ").mailbox(wanted_.mailbox).add(" (");
    } else {
      work_.out.add(' ');
    }
    any_ = true;
    work_.out.astring(name).add(' ');
  }

  Work& work_;
  const Wanted& wanted_;
  bool any_ = false;
  std::size_t longest_ = 0;
};

struct Setting {
  std::string mailbox;
  std::vector<store::AnnotationChange> changes;
};

Setting read_set(Reader& args) {
  Setting out;
  args.space();
  out.mailbox = args.mailbox();
  args.space();
  args.expect('(');
  do {
    std::string name = read_entry(args);
    if (!may_have_value(name)) args.fail("bad entry name");
    args.space();
    out.changes.push_back({std::move(name), args.nstring8()});
    if (out.changes.size() > kMostEntries) args.limit("too many entries");
  } while (args.take(' '));
  args.expect(')');
  return out;
}

// The special use as a change of the mailbox's role; false when it cannot be.
bool take_use(const std::string& text, std::optional<store::Role>& role) {
  role = text.empty() ? store::Role::None : parse_use(text);
  return role.has_value();
}

// What a client may not set, if anything.
std::optional<Reply> refused(const Setting& wanted) {
  for (const auto& change : wanted.changes) {
    if (wanted.mailbox.empty() && same_text(change.name, kAdmin)) {
      return no("[NOPERM] the administrator sets it");
    }
    if (change.value && change.value->size() > store::kLongestAnnotation) {
      return no("[METADATA MAXSIZE " +
                std::to_string(store::kLongestAnnotation) + "] too long");
    }
  }
  return {};
}

}  // namespace

Reply getmetadata(Work& work, Reader& args) {
  const Wanted wanted = read_get(args);
  if (!args.finish()) return bad(args.why());
  const auto mailbox = place(work, wanted.mailbox);
  if (!mailbox) return no("[NONEXISTENT] no such mailbox");
  const auto all = annotations(work, *mailbox);
  std::vector<char> told(all.size());
  Answer answer(work, wanted);
  for (const std::string& entry : wanted.entries) {
    bool found = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!lies_below(all[i].name, entry, wanted.options.depth)) continue;
      found |= same_text(all[i].name, entry);
      if (!std::exchange(told[i], 1)) answer.add(all[i].name, all[i].value);
    }
    if (!found && wanted.options.depth == Depth::Zero) {
      answer.add_nothing(entry);
    }
  }
  return answer.finish();
}

// All of the changes or none of them (RFC 5464 4.3).
Reply setmetadata(Work& work, Reader& args) {
  Setting wanted = read_set(args);
  if (!args.finish()) return bad(args.why());
  const auto mailbox = place(work, wanted.mailbox);
  if (!mailbox) return no("[NONEXISTENT] no such mailbox");
  if (auto why_not = refused(wanted)) return *why_not;
  std::optional<store::Role> role;
  if (*mailbox != 0) {
    for (const auto& change : wanted.changes) {
      if (same_text(change.name, kSpecialUse) &&
          !take_use(change.value.value_or(""), role)) {
        return no("[USEATTR] no mailbox can have that use");
      }
    }
    std::erase_if(wanted.changes, [](const store::AnnotationChange& change) {
      return same_text(change.name, kSpecialUse);
    });
  }
  const auto done = work.account().annotate(*mailbox, wanted.changes, role);
  if (const auto* why_not = std::get_if<store::NotAnnotated>(&done)) {
    return *why_not == store::NotAnnotated::TooMany
               ? no("[METADATA TOOMANY] no more annotations are taken")
               : no("[USEATTR] the mailbox cannot have that use");
  }
  if (work.user.annotations) {
    work.user.annotated.push_back(std::get<store::Modseq>(done));
  }
  return ok("done");
}

}  // namespace mail::imap
