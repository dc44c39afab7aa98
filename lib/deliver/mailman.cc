#include "deliver/mailman.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "store/account.h"

namespace mail::deliver {
namespace {

// Less room than this and the account counts as full.
constexpr std::int64_t kFullBelow = 16 << 10;
constexpr std::size_t kCopyAtOnce = 256 << 10;

// A sender, who may be a stranger, reads this; the log says more.
constexpr const char* kUnusable = "the mailbox cannot be used at present";

std::string return_path(const spool::Item& item, const Parcel& parcel) {
  return "Return-Path: <" + item.envelope.sender +
         ">\r\nDelivered-To: " + parcel.address + "\r\n" + item.envelope.prefix;
}

dev_t device_of(const Fd& file) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) throw_errno("fstat");
  return status.st_dev;
}

// Under a name of its own until it is whole: what has the id is a message.
void copy(const Fd& source, const Fd& folder, const std::string& id) {
  const std::string draft = id + ".copy";
  const Fd target =
      open_at(folder, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0660);
  for (std::int64_t at = 0;;) {
    const std::string bytes = source.read_at(at, kCopyAtOnce);
    if (bytes.empty()) break;
    target.write(bytes);
    at += static_cast<std::int64_t>(bytes.size());
  }
  target.sync();
  if (::renameat(folder.number(), draft.c_str(), folder.number(), id.c_str()) !=
      0) {
    throw_errno("rename copy of " + id);
  }
}

std::int64_t room(const store::Account::Usage& usage) {
  if (usage.limit_bytes == 0) return INT64_MAX;
  return std::max<std::int64_t>(usage.limit_bytes - usage.bytes, 0);
}

void tell_room(store::Account& account, BatchResult& result) {
  const auto usage = account.usage();
  result.full = room(usage) < kFullBelow;
  if (usage.limit_bytes > 0) result.room = room(usage);
}

}  // namespace

// One batch on its way.
struct Mailman::Round {
  struct Folder {
    Fd fd;
    dev_t device = 0;
  };

  const Batch& batch;
  store::Account& account;
  BatchResult& result;
  const store::Account::Usage before;
  std::optional<store::Mailbox> inbox = {};  // asked for once
  // By folded name; read when a subaddress first asks.
  std::optional<std::map<std::string, store::MailboxId>> boxes = {};
  std::map<std::string, Folder> folders = {};  // by FFFF
  std::vector<store::Arrival> arrivals = {};
  std::vector<std::size_t> parcels = {};  // of each arrival
  std::vector<Micros> accepted = {};      // of each arrival

  void say(std::size_t parcel, Outcome outcome, std::string text = "") {
    result.results[parcel] = {outcome, std::move(text)};
  }
  std::optional<store::Mailbox> mailbox_of(const std::string& detail);
};

// An address has no case of ours, a mailbox's name has: of several that
// differ in case alone it is the one written like the address, or the first.
std::optional<store::Mailbox> Mailman::Round::mailbox_of(
    const std::string& detail) {
  if (!batch.subaddress_mailboxes || detail.empty()) return {};
  if (auto exact = account.mailbox(detail)) return exact;
  if (!boxes) {
    boxes.emplace();
    for (const auto& box : account.mailboxes()) {
      if (box.selectable) boxes->emplace(fold_case(box.name), box.id);
    }
  }
  const auto found = boxes->find(fold_case(detail));
  if (found == boxes->end()) return {};
  return account.mailbox(found->second);
}

Mailman::Mailman(const std::string& spool, store::Accounts& accounts,
                 std::function<void(std::string_view id)> announce)
    : shelves_(spool),
      device_(device_of(open_folder(spool + "/in"))),
      accounts_(accounts),
      announce_(std::move(announce)) {}

BatchResult Mailman::deliver(const Batch& batch) {
  BatchResult result{batch.number, false, {}, -1};
  result.results.resize(batch.parcels.size());
  const auto done = attempt([&] {
    const auto lease = accounts_.open(batch.account);
    if (lease->own_limit_bytes() != batch.quota) {
      lease->limit_bytes(batch.quota);
    }
    Round round{batch, *lease, result, lease->usage()};
    deliver_all(round);
    tell_room(*lease, result);
  });
  announce_("");
  if (done) return result;
  log_warn("account-trouble",
           {{"account", batch.account}, {"reason", done.error().why}});
  for (auto& one : result.results) {
    if (one.outcome == Outcome::Trouble && one.text.empty()) {
      one.text = kUnusable;
    }
  }
  return result;
}

void Mailman::deliver_all(Round& round) {
  std::vector<std::string_view> ids;
  for (const auto& parcel : round.batch.parcels) ids.push_back(parcel.id);
  const auto delivered = round.account.are_delivered(ids);
  for (std::size_t i = 0; i < round.batch.parcels.size(); ++i) {
    if (delivered[i]) {
      round.say(i, Outcome::Delivered);
      continue;
    }
    // What cannot be read or linked is this message's trouble alone.
    const auto prepared = attempt([&] { prepare(round, i); });
    if (prepared) continue;
    log_warn("account-trouble", {{"id", round.batch.parcels[i].id},
                                 {"account", round.batch.account},
                                 {"reason", prepared.error().why}});
    round.say(i, Outcome::Trouble, kUnusable);
  }
  announce_("");
  if (round.arrivals.empty()) return;
  for (const auto& [name, folder] : round.folders) folder.fd.sync();
  commit(round);
}

std::expected<spool::Item, spool::Flaw> Mailman::open(
    const Parcel& parcel) const {
  auto item = shelves_.open_verified(parcel.shelf, parcel.id);
  if (item || item.error() != spool::Flaw::Gone) return item;
  // It may be on its way from one folder to the other.
  const auto other = parcel.shelf == spool::Shelf::In ? spool::Shelf::Deferred
                                                      : spool::Shelf::In;
  return shelves_.open_verified(other, parcel.id);
}

void Mailman::prepare(Round& round, std::size_t index) {
  const Parcel& parcel = round.batch.parcels[index];
  announce_(parcel.id);
  const auto item = open(parcel);
  if (!item && item.error() == spool::Flaw::Gone) {
    return round.say(index, Outcome::Gone);
  }
  if (!item) {
    return round.say(index, Outcome::Damaged,
                     std::string(name_of(item.error())));
  }
  store::Arrival arrival;
  arrival.prefix = return_path(*item, parcel);
  const auto size = item->footer.message_length +
                    static_cast<std::int64_t>(arrival.prefix.size());
  const auto limit = round.before.limit_bytes;
  if (limit > 0 && size > limit) {
    return round.say(index, Outcome::NeverFits,
                     "the message is larger than the mailbox may ever be");
  }
  if (size > room(round.before)) {
    return round.say(index, Outcome::OverQuota, "over quota");
  }
  arrival.digested =
      item->message.empty()
          ? store::digest_message(item->file, item->footer.message_length,
                                  arrival.prefix)
          : store::digest_message(item->message, arrival.prefix);
  arrival.spool_id = parcel.id;
  arrival.file = store::message_file_name(parcel.id);
  arrival.length = item->footer.message_length;
  arrival.internal_date = wall_time();
  for (const auto& detail : parcel.details) {
    auto box = round.mailbox_of(detail);
    if (!box && !round.inbox) round.inbox = round.account.mailbox("INBOX");
    if (!box) box = round.inbox;
    if (!box) throw Fault("the account has no INBOX");
    if (std::ranges::find(arrival.mailboxes, box->id) ==
        arrival.mailboxes.end()) {
      arrival.mailboxes.push_back(box->id);
    }
  }
  link(round, parcel, *item);
  round.arrivals.push_back(std::move(arrival));
  round.parcels.push_back(index);
  round.accepted.push_back(item->envelope.arrived);
}

void Mailman::link(Round& round, const Parcel& parcel,
                   const spool::Item& item) {
  auto& folder = round.folders[parcel.id.substr(0, 4)];
  if (!folder.fd) {
    folder.fd = round.account.message_folder(parcel.id);
    folder.device = device_of(folder.fd);
  }
  if (folder.device != device_) return copy(item.file, folder.fd, parcel.id);
  const Fd& from = shelves_.folder(parcel.shelf, parcel.id);
  // AT_EMPTY_PATH needs a capability; the name leads to what was verified,
  // because nothing in the spool is ever replaced.
  for (const Fd* source :
       {&from, &shelves_.folder(spool::Shelf::Deferred, parcel.id),
        &shelves_.folder(spool::Shelf::In, parcel.id)}) {
    if (::linkat(source->number(), parcel.id.c_str(), folder.fd.number(),
                 parcel.id.c_str(), 0) == 0 ||
        errno == EEXIST) {
      return;
    }
    if (errno == EMLINK) return copy(item.file, folder.fd, parcel.id);
    if (errno != ENOENT) break;
  }
  throw_errno("link " + parcel.id);
}

void Mailman::commit(Round& round) {
  const auto outcomes = round.account.deliver(round.arrivals);
  require(outcomes.size() == round.arrivals.size(), "an answer for each");
  const Micros now = wall_time();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::size_t index = round.parcels[i];
    const Parcel& parcel = round.batch.parcels[index];
    if (outcomes[i] == store::Delivered::OverQuota) {
      const auto& folder = round.folders[parcel.id.substr(0, 4)];
      ::unlinkat(folder.fd.number(), parcel.id.c_str(), 0);
      round.say(index, Outcome::OverQuota, "over quota");
      continue;
    }
    round.say(index, Outcome::Delivered);
    if (outcomes[i] == store::Delivered::Already) continue;
    const auto delay = static_cast<double>(now - round.accepted[i]) / kSecond;
    log_info("delivered", {{"id", parcel.id},
                           {"to", parcel.address},
                           {"account", round.batch.account},
                           {"detail", parcel.details.front()},
                           {"size", round.arrivals[i].digested.size},
                           {"delay", delay}});
  }
}

bool Mailman::in_spool(std::string_view id) const { return shelves_.has(id); }

}  // namespace mail::deliver
