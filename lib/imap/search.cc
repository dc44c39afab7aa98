// SEARCH and UID SEARCH (RFC 3501 section 6.4.4; RFC 7162 3.1.5), with what
// is returned of it (ESEARCH: RFC 4731) and saved (SEARCHRES: RFC 5182).

#include <algorithm>

#include "imap/commands.h"
#include "imap/searching.h"

namespace mail::imap {
namespace {

Uid first_of(const UidSet& set) { return set.front().first; }
Uid last_of(const UidSet& set) { return set.back().last; }

// Whether only the first or the last are wanted, or both.
bool wants_ends_only(const SearchReturn& wanted) {
  return (wanted.min || wanted.max) && !wanted.all && !wanted.count;
}

UidSet ends_of(const UidSet& uids, const SearchReturn& wanted) {
  UidSet out;
  if (uids.empty()) return out;
  if (wanted.min) append(out, first_of(uids));
  if (wanted.max && !contains(out, last_of(uids))) append(out, last_of(uids));
  return out;
}

void send_search(Work& work, const Search& search, const Found& found) {
  work.out.add("* SEARCH");
  for (const UidRange& range : as_named(work, found.uids)) {
    for (std::uint64_t n = range.first; n <= range.last; ++n) {
      work.out.add(' ').number(static_cast<std::int64_t>(n));
    }
  }
  if (search.modseq && !found.uids.empty()) {
    work.out.add(" (MODSEQ ").number(found.modseq).add(')');
  }
  work.out.end_line();
}

// RFC 4731 3.1, 3.2.
void send_esearch(Work& work, const Search& search, const Found& found) {
  const SearchReturn& wanted = search.wanted;
  const UidSet named = as_named(work, found.uids);
  Response& out = work.out;
  out.add("* ESEARCH (TAG \"").add(work.tag).add("\")");
  if (work.numbers == Numbers::Uids) out.add(" UID");
  if (!named.empty()) {
    if (wanted.min) out.add(" MIN ").number(first_of(named));
    if (wanted.max) out.add(" MAX ").number(last_of(named));
    if (wanted.all) out.add(" ALL ").add(to_text(named));
  }
  if (wanted.count) {
    out.add(" COUNT ").number(static_cast<std::int64_t>(count(named)));
  }
  if (search.modseq && !named.empty()) {
    out.add(" MODSEQ ")
        .number(wants_ends_only(wanted)
                    ? highest_modseq(work, ends_of(found.uids, wanted))
                    : found.modseq);
  }
  out.end_line();
}

void answer(Work& work, const Search& search, const Found& found) {
  const SearchReturn& wanted = search.wanted;
  if (!wanted.extended) return send_search(work, search, found);
  // RFC 5182 2.4: what `$` then means.
  if (wanted.save) {
    work.selected().saved =
        wants_ends_only(wanted) ? ends_of(found.uids, wanted) : found.uids;
  }
  if (wanted.says_something()) send_esearch(work, search, found);
}

// RFC 5182 2.1: a search with SAVE that goes wrong leaves nothing saved.  Until
// then "$" is what it was, also within this search.
class Saving {
 public:
  Saving(Selected& box, const SearchReturn& wanted)
      : box_(box), pending_(wanted.save) {}
  ~Saving() {
    if (pending_) box_.saved.clear();
  }
  Saving(const Saving&) = delete;
  Saving& operator=(const Saving&) = delete;
  void succeed() { pending_ = false; }

 private:
  Selected& box_;
  bool pending_;
};

}  // namespace

Reply search(Work& work, Reader& args) {
  const Search search = read_search(args);
  if (!args.finish()) return bad(args.why());
  Saving saving(work.selected(), search.wanted);
  if (auto refused = refuse_charset(search)) {
    if (refused->status == Reply::Status::Bad) saving.succeed();
    return *refused;
  }
  answer(work, search, find_messages(work, search));
  saving.succeed();
  return ok("done");
}

}  // namespace mail::imap
