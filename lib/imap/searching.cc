// Keys that the list of UIDs or an index of the store answers narrow the
// messages first; what is left is looked at one by one.
#include "imap/searching.h"

#include <algorithm>

#include "base/ascii.h"
#include "imap/search_index.h"
#include "imap/search_match.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

bool names_numbers(const SearchKey& key) {
  return key.kind == Kind::Numbers ||
         std::ranges::any_of(key.children, names_numbers);
}

// The messages with an EMAILID.
UidSet uids_like(Work& work, store::EmailId original) {
  const Selected& box = work.selected();
  const auto emails = work.account().emails_like(original);
  UidSet out;
  for (const Uid uid :
       work.account().uids_of(box.id, box.mark, emails, INT64_MAX)) {
    append(out, uid);
  }
  return out;
}

// Sets become UIDs of the view.
void settle(SearchKey& key, Work& work, const UidList& list) {
  if (key.kind == Kind::EmailId) {
    key.uids = list.present(uids_like(work, key.number));
    key.kind = Kind::Uids;
    return;
  }
  const bool numbers = key.kind == Kind::Numbers;
  if (numbers) key.kind = Kind::Uids;
  if (key.kind == Kind::Uids) {
    if (key.numbers.saved) {
      key.uids = list.present(work.selected().saved);
    } else if (!numbers) {
      key.uids = list.present(key.numbers.resolve(list.last()));
    } else if (list.size() > 0) {
      key.uids = list.uids(
          intersection(key.numbers.resolve(list.size()), {{1, list.size()}}));
    }
  }
  for (SearchKey& child : key.children) settle(child, work, list);
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
// leave of `out`.
UidSet narrow(Work& work, SearchKey& all, UidSet out) {
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

Found look(Work& work, const SearchKey& key, UidSet among) {
  Found found;
  if (key.children.empty()) {
    found.uids = std::move(among);
    return found;
  }
  EntryPieces pieces(std::move(among));
  while (pieces.next(work)) {
    for (const store::Entry& entry : pieces.entries()) {
      if (!Candidate(work, entry).matches(key)) continue;
      append(found.uids, entry.uid);
      found.modseq = std::max(found.modseq, entry.modseq);
    }
    work.release();  // others want the account too
  }
  return found;
}

}  // namespace

std::optional<Reply> refuse_charset(const Search& search) {
  if (!search.charset.empty() && !same_text(search.charset, "UTF-8") &&
      !same_text(search.charset, "US-ASCII")) {
    return no("[BADCHARSET (US-ASCII UTF-8)] unknown charset");
  }
  if (search.foreign) return bad("a text is not in its charset");
  return {};
}

Found find_messages(Work& work, Search search) {
  work.user.condstore |= search.modseq;  // RFC 7162 3.1
  work.hold_expunges |= names_numbers(search.key);
  settle(search.key, work, uid_list(work));
  UidSet among = narrow(work, search.key, uid_list(work).all());
  among = consult_index(work, search.key, std::move(among));
  among = narrow(work, search.key, std::move(among));
  return look(work, search.key, std::move(among));
}

store::Modseq highest_modseq(Work& work, const UidSet& uids) {
  store::Modseq highest = 0;
  EntryPieces pieces(uids);
  while (pieces.next(work)) {
    for (const store::Entry& entry : pieces.entries()) {
      highest = std::max(highest, entry.modseq);
    }
  }
  return highest;
}

UidSet as_named(Work& work, const UidSet& uids) {
  if (work.numbers == Numbers::Uids) return uids;
  const UidList& list = uid_list(work);
  UidSet out;
  for (const UidRange& range : uids) {
    const Uid first = list.number(range.first);
    const Uid last = first + (range.last - range.first);
    if (!out.empty() && out.back().last + 1 == first) {
      out.back().last = last;
    } else {
      out.push_back({first, last});
    }
  }
  return out;
}

std::vector<Uid> numbered(const UidSet& set) {
  std::vector<Uid> out;
  out.reserve(static_cast<std::size_t>(count(set)));
  for (const UidRange& range : set) {
    for (std::uint64_t n = range.first; n <= range.last; ++n) {
      out.push_back(static_cast<Uid>(n));
    }
  }
  return out;
}

}  // namespace mail::imap
