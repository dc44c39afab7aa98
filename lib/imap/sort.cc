// SORT and UID SORT (RFC 5256 BASE.6.4.SORT; RFC 5957; RFC 7162 3.1.9).

#include <algorithm>
#include <numeric>

#include "base/ascii.h"
#include "imap/commands.h"
#include "imap/searching.h"

namespace mail::imap {
namespace {

using store::SortKey;

struct Criterion {
  SortKey key = SortKey::Arrival;
  bool reverse = false;
};

constexpr std::size_t kMostCriteria = 50;

Criterion read_criterion(Reader& args) {
  static constexpr struct {
    std::string_view word;
    SortKey key;
  } kKeys[] = {
      {"ARRIVAL", SortKey::Arrival},
      {"CC", SortKey::Cc},
      {"DATE", SortKey::Date},
      {"DISPLAYFROM", SortKey::DisplayFrom},
      {"DISPLAYTO", SortKey::DisplayTo},
      {"FROM", SortKey::From},
      {"SIZE", SortKey::Size},
      {"SUBJECT", SortKey::Subject},
      {"TO", SortKey::To},
  };
  Criterion out;
  out.reverse = args.take_word("REVERSE");
  if (out.reverse) args.space();
  const auto word = args.atom();
  const auto* found = std::ranges::find_if(
      kKeys, [&](const auto& k) { return same_text(k.word, word); });
  if (found == std::end(kKeys)) {
    args.fail("unknown sort criterion");
  } else {
    out.key = found->key;
  }
  return out;
}

std::vector<Criterion> read_criteria(Reader& args) {
  std::vector<Criterion> out;
  args.space();
  args.expect('(');
  do {
    out.push_back(read_criterion(args));
    if (out.size() > kMostCriteria) args.limit("too many sort criteria");
  } while (args.take(' '));
  args.expect(')');
  return out;
}

// Places of the messages, in their new order: sorted by the last criterion
// first, and each time those that are the same keep their order.
std::vector<std::uint32_t> sorted(Work& work, const UidSet& uids,
                                  const std::vector<Criterion>& criteria) {
  std::vector<std::uint32_t> places(static_cast<std::size_t>(count(uids)));
  std::iota(places.begin(), places.end(), 0U);
  std::vector<std::uint64_t> keys(places.size());
  for (auto by = criteria.rbegin(); by != criteria.rend(); ++by) {
    const auto ranks = work.account().ranks(work.selected().id, by->key, uids);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::uint32_t rank = ranks[places[i]];
      keys[i] = std::uint64_t{by->reverse ? ~rank : rank} << 32 | i;
    }
    std::ranges::sort(keys);
    std::vector<std::uint32_t> next(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      next[i] = places[static_cast<std::uint32_t>(keys[i])];
    }
    places = std::move(next);
  }
  return places;
}

}  // namespace

Reply sort(Work& work, Reader& args) {
  const auto criteria = read_criteria(args);
  const Search search = read_search_criteria(args);
  if (!args.finish()) return bad(args.why());
  if (auto refused = refuse_charset(search)) return *refused;
  const Found found = find_messages(work, search);
  const auto names = numbered(as_named(work, found.uids));
  work.out.add("* SORT");
  for (const std::uint32_t place : sorted(work, found.uids, criteria)) {
    work.out.add(' ').number(names[place]);
  }
  if (search.modseq && !names.empty()) {
    work.out.add(" (MODSEQ ").number(found.modseq).add(')');
  }
  work.out.end_line();
  return ok("done");
}

}  // namespace mail::imap
