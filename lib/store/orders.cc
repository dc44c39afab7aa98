// Connection's orders of a mailbox, for SORT and THREAD.
//
// What a message is sorted by never changes.  So the order of a mailbox by
// one key is made once, from the headers, and kept in cache.db: the UIDs in
// order, and where a new key begins.  Messages that have come since are put
// into it by binary search, those that have gone are passed over.
#include <algorithm>
#include <map>

#include "store/connection.h"
#include "store/entry_row.h"
#include "store/packed.h"
#include "store/queries.h"
#include "store/uid_set.h"

namespace mail::store {
namespace {

// So many times fewer messages are read themselves rather than all.
constexpr std::int64_t kFewOf = 8;
// So many times fewer new messages are put in rather than all made anew.
constexpr std::size_t kNewOf = 64;

struct Place {
  Uid uid = 0;
  std::uint32_t rank = 0;  // the same for the same key
};
using Order = std::vector<Place>;

struct Keyed {
  std::string key;
  Uid uid = 0;
};

Made made(SortKey by) {
  return static_cast<Made>(static_cast<int>(Made::Order) +
                           static_cast<int>(by));
}

std::string pack(const Order& order) {
  std::string out;
  std::uint32_t last = 0;
  for (const Place& place : order) {
    const bool same = place.rank == last;
    pack_number(out, std::uint64_t{place.uid} << 1 | (same ? 1 : 0));
    last = place.rank;
  }
  return out;
}

Order unpack(std::string_view packed) {
  Order order;
  Unpacker numbers(packed);
  std::uint32_t rank = 0;
  while (!numbers.at_end()) {
    const std::uint64_t number = numbers.number();
    if ((number & 1) == 0) ++rank;
    order.push_back({static_cast<Uid>(number >> 1), rank});
  }
  return numbers.failed() ? Order{} : order;
}

// By key, and by UID where they are the same.
Order sorted(std::vector<Keyed> all) {
  std::ranges::sort(all, [](const Keyed& a, const Keyed& b) {
    const int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.uid < b.uid;
  });
  Order order;
  order.reserve(all.size());
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || all[i].key != all[i - 1].key) ++rank;
    order.push_back({all[i].uid, rank});
  }
  return order;
}

// Ranks of `uids`, in the order of UIDs; false when one is missing.
bool pick(const Order& order, const UidSet& uids,
          std::vector<std::uint32_t>& ranks) {
  std::vector<std::size_t> before;
  std::size_t size = 0;
  for (const UidRange& range : uids) {
    before.push_back(size);
    size += range.last - range.first + 1;
  }
  ranks.assign(size, 0);
  for (const Place& place : order) {
    const auto after =
        std::ranges::upper_bound(uids, place.uid, {}, &UidRange::first);
    if (after == uids.begin()) continue;
    const auto run = std::prev(after);
    if (place.uid > run->last) continue;
    const auto index = static_cast<std::size_t>(run - uids.begin());
    ranks[before[index] + (place.uid - run->first)] = place.rank;
  }
  return std::ranges::find(ranks, 0U) == ranks.end();
}

// One order under way: reads keys and remembers them.
class Sorting {
 public:
  Sorting(Connection& account, db::Database& mail, MailboxId mailbox,
          SortKey by)
      : account_(account), mail_(mail), mailbox_(mailbox), by_(by) {}

  std::vector<Keyed> keys(const UidSet& uids) {
    std::vector<Keyed> out;
    for (const Entry& entry : account_.entries_ever(mailbox_, uids)) {
      out.push_back({key(entry), entry.uid});
    }
    return out;
  }

  // The order without what cannot be seen any more, and with what came.
  Order merged(const Order& old, const UidSet& seen, const UidSet& come);

 private:
  std::string key(const Entry& entry);
  std::string key_of(Uid uid) {
    const auto found = keys({{uid, uid}});
    return found.empty() ? std::string() : found.front().key;
  }

  Connection& account_;
  db::Database& mail_;
  MailboxId mailbox_;
  SortKey by_;
};

std::string Sorting::key(const Entry& entry) {
  if (by_ == SortKey::Arrival) return sort_number(entry.internal_date);
  if (by_ == SortKey::Size) return sort_number(entry.size);
  if (is_text(by_)) {
    const auto cached = account_.cached(entry.email, kHeader);
    return cached ? sort_text(by_, cached->header) : std::string();
  }
  auto& row = mail_.statement("SELECT sent_date FROM email WHERE id = ?");
  row.bind(entry.email);
  const std::int64_t sent = row.step() ? row.integer(0) : 0;
  row.reset();
  // RFC 5256 2.2: without a Date, the internal date.
  return sort_number(sent == 0 ? entry.internal_date : sent);
}

Order Sorting::merged(const Order& old, const UidSet& seen,
                      const UidSet& come) {
  struct Arrival {
    Keyed keyed;
    std::size_t before;  // the place it is put in front of
    bool same;           // has the key of that place
  };
  Order left;
  for (const Place& place : old) {
    if (contains(seen, place.uid)) left.push_back(place);
  }
  std::vector<Keyed> keyed = keys(come);
  std::ranges::sort(keyed, [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.uid < b.uid;
  });
  std::vector<Arrival> arrivals;
  for (Keyed& one : keyed) {
    const auto at = std::ranges::lower_bound(
        left, one.key, {}, [&](const Place& p) { return key_of(p.uid); });
    const bool same = at != left.end() && key_of(at->uid) == one.key;
    arrivals.push_back(
        {std::move(one), static_cast<std::size_t>(at - left.begin()), same});
  }
  Order order;
  std::uint32_t rank = 0;
  auto next = arrivals.begin();
  for (std::size_t i = 0; i <= left.size(); ++i) {
    bool begun = false;  // the rank of place i is given already
    for (; next != arrivals.end() && next->before == i; ++next) {
      const bool goes_on = next != arrivals.begin() &&
                           std::prev(next)->before == i &&
                           std::prev(next)->keyed.key == next->keyed.key;
      if (!goes_on) ++rank;
      begun = next->same;
      order.push_back({next->keyed.uid, rank});
    }
    if (i == left.size()) break;
    const bool same_as_last = i > 0 && left[i - 1].rank == left[i].rank;
    if (!begun && !same_as_last) ++rank;
    order.push_back({left[i].uid, rank});
  }
  return order;
}

}  // namespace

std::vector<Entry> Connection::entries_ever(MailboxId mailbox,
                                            const UidSet& uids) {
  const db::Snapshot snapshot(mail_);
  std::vector<Entry> out;
  for (const std::string_view sql :
       {queries::kEntries, queries::kExpungedRange}) {
    auto& rows = mail_.statement(sql);
    for (const UidRange& range : uids) {
      rows.bind(mailbox, range.first, range.last);
      while (rows.step()) out.push_back(read_entry(rows));
    }
  }
  std::ranges::sort(out, {}, &Entry::uid);
  return out;
}

std::vector<std::uint32_t> Connection::ranks(MailboxId mailbox, SortKey by,
                                             const UidSet& uids) {
  std::vector<std::uint32_t> ranks(static_cast<std::size_t>(count(uids)));
  const auto box = this->mailbox(mailbox);
  if (!box || uids.empty()) return ranks;
  Sorting sorting(*this, mail_, mailbox, by);
  const auto kept = core_.cache.kept(mailbox, made(by));
  const bool usable = kept && kept->uidvalidity == box->uidvalidity &&
                      kept->uidnext <= box->uidnext;
  if (!usable && count(uids) < box->messages / kFewOf) {
    pick(sorted(sorting.keys(uids)), uids, ranks);
    return ranks;
  }
  const UidSet seen = uids_at(mailbox, 0, box->uidnext);
  const auto keep = [&](const Order& order) {
    core_.cache.keep(
        mailbox, made(by),
        {box->uidvalidity, box->uidnext, box->highestmodseq, pack(order)});
  };
  if (usable) {
    Order order = unpack(kept->content);
    const UidSet come = difference(seen, {{1, kept->uidnext - 1}});
    const auto arrivals = static_cast<std::size_t>(count(come));
    if (arrivals <= 1 + order.size() / kNewOf) {
      if (arrivals > 0) {
        order = sorting.merged(order, seen, come);
        keep(order);
      }
      if (pick(order, uids, ranks)) return ranks;
    }
  }
  const Order order = sorted(sorting.keys(seen));
  keep(order);
  pick(order, uids, ranks);
  return ranks;
}

}  // namespace mail::store
