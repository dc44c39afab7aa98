// SearchKey: what a SEARCH looks for, as a tree (RFC 3501 section 6.4.4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/reader.h"

namespace mail::imap {

struct SearchKey {
  enum class Kind {
    // `children`
    And,
    Or,
    Not,
    // what an entry tells
    All,
    Flagged,  // all of `set`, none of `clear`
    Keyword,  // `text`
    Recent,
    Numbers,  // sequence numbers; becomes Uids before it is looked at
    EmailId,  // `number`; -1: an id of no email; becomes Uids too
    Uids,
    Before,  // `number`: a day
    On,
    Since,
    Older,  // `number`: internal date, in seconds since 1970
    Younger,
    Larger,  // `number`
    Smaller,
    Modseq,  // at least `number`
    ThreadId,
    SavedBefore,  // `number`: a day
    SavedOn,
    SavedSince,
    // what the header tells
    SentBefore,
    SentOn,
    SentSince,
    Header,  // field `name` contains `text`
    // what the message tells
    Body,  // `text`
    Text,
  };

  Kind kind = Kind::All;
  std::vector<SearchKey> children;
  store::Flags set = 0;
  store::Flags clear = 0;
  std::string name;
  std::string text;  // case-folded (keywords: as written)
  std::int64_t number = 0;
  SequenceSet numbers;  // as written
  UidSet uids;

  // 0: the entry answers; 1: the header is needed; 2: the message.
  int cost() const;
};

// RETURN (...): RFC 4731, RFC 5182.
struct SearchReturn {
  bool extended = false;  // there was a RETURN
  bool min = false;
  bool max = false;
  bool all = false;
  bool count = false;
  bool save = false;

  bool says_something() const { return min || max || all || count; }
};

struct Search {
  SearchReturn wanted;
  SearchKey key;         // And
  std::string charset;   // as written; empty: none
  bool modseq = false;   // a MODSEQ key is in it
  bool foreign = false;  // a text is not UTF-8
};

// The arguments of SEARCH.  Cheap keys come before dear ones.
Search read_search(Reader& args);

// Those of SORT and THREAD behind the criteria: SP charset 1*(SP search-key)
// (RFC 5256 section 5).
Search read_search_criteria(Reader& args);

}  // namespace mail::imap
