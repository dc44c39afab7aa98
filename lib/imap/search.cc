// SEARCH and UID SEARCH (RFC 3501 section 6.4.4; RFC 7162 3.1.5).
//
// Keys that the list of UIDs or an index of the store answers narrow the
// messages first; what is left is looked at one by one.

#include <algorithm>

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/search_key.h"
#include "imap/search_match.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

// Sets become UIDs of the view.
void settle(SearchKey& key, const UidList& list) {
  if (key.kind == Kind::Numbers) {
    const UidSet numbers =
        intersection(key.numbers.resolve(list.size()), {{1, list.size()}});
    key.uids = list.size() == 0 ? UidSet{} : list.uids(numbers);
    key.kind = Kind::Uids;
  } else if (key.kind == Kind::Uids) {
    key.uids = list.present(key.numbers.resolve(list.last()));
  }
  for (SearchKey& child : key.children) settle(child, list);
}

UidSet indexed(Work& work, const SearchKey& key) {
  UidSet out;
  for (const Uid uid :
       work.account().uids_with(work.selected().id, key.set, key.clear)) {
    append(out, uid);
  }
  return out;
}

// Takes the keys out of the And that sets can answer, and gives what they
// leave.
UidSet narrow(Work& work, SearchKey& all) {
  UidSet out = uid_list(work).all();
  std::erase_if(all.children, [&](const SearchKey& key) {
    if (key.kind == Kind::Uids) {
      out = intersection(out, key.uids);
    } else if (key.kind == Kind::Flagged) {
      out = intersection(out, indexed(work, key));
    } else {
      return key.kind == Kind::All;
    }
    return true;
  });
  return out;
}

struct Found {
  UidSet uids;
  store::Modseq modseq = 0;  // the highest among them
};

Found look(Work& work, const Search& search, UidSet among) {
  Found found;
  if (search.key.children.empty()) {
    found.uids = std::move(among);
    return found;
  }
  EntryPieces pieces(std::move(among));
  while (pieces.next(work)) {
    for (const store::Entry& entry : pieces.entries()) {
      if (!Candidate(work, entry).matches(search.key)) continue;
      append(found.uids, entry.uid);
      found.modseq = std::max(found.modseq, entry.modseq);
    }
    work.release();  // others want the account too
  }
  return found;
}

void send(Work& work, const Search& search, const Found& found) {
  const UidList& list = uid_list(work);
  work.out.add("* SEARCH");
  for (const UidRange& range : found.uids) {
    const bool uids = work.numbers == Numbers::Uids;
    std::int64_t number = uids ? range.first : list.number(range.first);
    for (std::uint64_t n = 0; n <= range.last - range.first; ++n) {
      work.out.add(' ').number(number++);
    }
  }
  if (search.modseq && !found.uids.empty()) {
    work.out.add(" (MODSEQ ").number(found.modseq).add(')');
  }
  work.out.end_line();
}

}  // namespace

Reply search(Work& work, Reader& args) {
  Search search = read_search(args);
  if (!search.charset.empty() && !same_text(search.charset, "UTF-8") &&
      !same_text(search.charset, "US-ASCII")) {
    return no("[BADCHARSET (UTF-8 US-ASCII)] unknown charset");
  }
  if (!args.finish()) return bad(args.why());
  work.user.condstore |= search.modseq;
  settle(search.key, uid_list(work));
  UidSet among = narrow(work, search.key);
  send(work, search, look(work, search, std::move(among)));
  return ok("done");
}

}  // namespace mail::imap
