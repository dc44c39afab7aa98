// Connection's references of a mailbox, for THREAD=REFERENCES.
//
// What a message refers to never changes.  So it is read from the headers
// once and kept in cache.db, message behind message; those that have come
// since are read and put behind them.
#include <cstring>

#include "store/connection.h"
#include "store/packed.h"
#include "store/uid_set.h"

namespace mail::store {
namespace {

constexpr std::int64_t kFewOf = 8;         // see orders.cc
constexpr std::int64_t kManyArrived = 50;  // after which it is kept anew

void put(std::string& out, std::uint64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof bytes);
}

// A record: uid, 2 * count + reply, own id, subject, ids.
void pack(std::string& out, const Reference& one) {
  pack_number(out, one.uid);
  pack_number(out, one.to.size() << 1 | (one.reply ? 1 : 0));
  put(out, one.id);
  put(out, one.subject);
  for (const std::uint64_t id : one.to) put(out, id);
}

Reference unpack(Unpacker& numbers) {
  Reference one;
  one.uid = static_cast<Uid>(numbers.number());
  const std::uint64_t count = numbers.number();
  one.reply = (count & 1) != 0;
  one.id = numbers.fixed();
  one.subject = numbers.fixed();
  one.to.resize(std::min<std::uint64_t>(count >> 1, numbers.left() / 8));
  for (std::uint64_t& id : one.to) id = numbers.fixed();
  return one;
}

}  // namespace

std::string Connection::read_references(MailboxId mailbox, const UidSet& uids) {
  std::string packed;
  for (const Entry& entry : entries_ever(mailbox, uids)) {
    const auto cached = this->cached(entry.email, kHeader);
    pack(packed, cached ? read_reference(entry.uid, cached->header)
                        : Reference{entry.uid, false, 0, 0, {}});
  }
  return packed;
}

std::string Connection::packed_references(MailboxId mailbox,
                                          const UidSet& uids) {
  const auto box = this->mailbox(mailbox);
  if (!box) return {};
  auto kept = core_.cache.kept(mailbox, Made::References);
  const bool usable = kept && kept->uidvalidity == box->uidvalidity &&
                      kept->uidnext <= box->uidnext;
  if (!usable && count(uids) < box->messages / kFewOf) {
    return read_references(mailbox, uids);
  }
  const Uid from = usable ? kept->uidnext : 1;
  const UidSet come =
      difference(uids_at(mailbox, 0, box->uidnext), {{1, from - 1}});
  std::string packed = usable ? std::move(kept->content) : std::string();
  packed += read_references(mailbox, come);
  if (!usable || count(come) > kManyArrived) {
    core_.cache.keep(
        mailbox, Made::References,
        {box->uidvalidity, box->uidnext, box->highestmodseq, packed});
  }
  return packed;
}

void Connection::each_reference(
    MailboxId mailbox, const UidSet& uids,
    const std::function<void(const Reference&)>& use) {
  const std::string packed = packed_references(mailbox, uids);
  Unpacker numbers(packed);
  auto range = uids.begin();
  Uid next = range == uids.end() ? 0 : range->first;  // to be told
  const auto tell = [&](const Reference& one) {
    use(one);
    if (next == range->last) {
      ++range;
      next = range == uids.end() ? 0 : range->first;
    } else {
      ++next;
    }
  };
  while (range != uids.end() && !numbers.at_end()) {
    const Reference one = unpack(numbers);
    if (numbers.failed()) break;
    while (range != uids.end() && next < one.uid) {
      tell({next, false, 0, 0, {}});
    }
    if (range != uids.end() && next == one.uid) tell(one);
  }
  while (range != uids.end()) tell({next, false, 0, 0, {}});
}

}  // namespace mail::store
