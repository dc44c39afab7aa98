// THREAD and UID THREAD (RFC 5256 BASE.6.4.THREAD).

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/searching.h"
#include "imap/threading.h"

namespace mail::imap {
namespace {

using store::SortKey;

Forest thread_of(Work& work, const UidSet& uids, bool by_reference) {
  store::Account& account = work.account();
  const store::MailboxId box = work.selected().id;
  const auto dates = distinct(account.ranks(box, SortKey::Date, uids));
  if (!by_reference) {
    return by_subject(account.ranks(box, SortKey::Subject, uids), dates);
  }
  std::vector<store::Reference> messages;
  messages.reserve(dates.size());
  account.each_reference(box, uids, [&](const store::Reference& reference) {
    messages.push_back(reference);
  });
  return by_references(messages, dates);
}

// "(3 6 (4 23)(44 7 96))" (BASE.7.2.THREAD).  A thread may be as deep as it
// is long: what is still to be said stands on a stack of our own.
class Printer {
 public:
  Printer(Response& out, const Forest& forest, const std::vector<Uid>& names)
      : out_(out), forest_(forest), names_(names) {}

  void print() {
    for (const Node root : forest_.roots()) {
      open(root);
      while (!open_.empty()) go_on();
    }
  }

 private:
  struct Open {
    Node node;
    std::uint32_t next;  // child
  };

  // "(" and the members up to where siblings begin.
  void open(Node node) {
    out_.add('(');
    if (forest_.is_message(node)) {
      out_.number(names_[node]);
      while (forest_.children(node) == 1) {
        node = forest_.child(node, 0);
        out_.add(' ').number(names_[node]);
      }
      if (forest_.children(node) > 0) out_.add(' ');
    }
    open_.push_back({node, 0});
  }
  void go_on() {
    Open& last = open_.back();
    if (last.next < forest_.children(last.node)) {
      return open(forest_.child(last.node, last.next++));
    }
    out_.add(')');
    open_.pop_back();
  }

  Response& out_;
  const Forest& forest_;
  const std::vector<Uid>& names_;
  std::vector<Open> open_;
};

}  // namespace

Reply thread(Work& work, Reader& args) {
  args.space();
  const auto algorithm = args.atom();
  const bool by_reference = same_text(algorithm, "REFERENCES");
  if (!by_reference && !same_text(algorithm, "ORDEREDSUBJECT")) {
    args.fail("unknown threading algorithm");
  }
  const Search search = read_search_criteria(args);
  if (!args.finish()) return bad(args.why());
  if (auto refused = refuse_charset(search)) return *refused;
  const Found found = find_messages(work, search);
  const auto names = numbered(as_named(work, found.uids));
  work.out.add("* THREAD");
  if (!names.empty()) {
    const Forest forest = thread_of(work, found.uids, by_reference);
    work.out.add(' ');
    Printer(work.out, forest, names).print();
  }
  work.out.end_line();
  return ok("done");
}

}  // namespace mail::imap
