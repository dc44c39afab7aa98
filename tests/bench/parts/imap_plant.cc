// Filling an account of Staunch past the daemons, as fast as the disk writes:
// a hundred thousand APPENDs would measure nothing but fsync.
#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "base/fault.h"
#include "base/file.h"
#include "store/accounts.h"
#include "store/delivery.h"
#include "tests/bench/imap_loads.h"
#include "tests/bench/letters.h"

namespace mail::bench {
namespace {

constexpr int kBatch = 256;

store::Arrival plant_file(store::Account& account, int number, int bytes) {
  const std::string name =
      "01B0" + std::to_string(1'000'000'000 + number) + "AAAAAAAAAAAA";
  const Fd folder = account.message_folder(name);
  const Fd file = open_at(folder, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  const std::string text = letter(number, bytes);
  file.write(text);
  store::Arrival arrival;
  arrival.spool_id = name;
  arrival.file = store::message_file_name(name);
  arrival.length = static_cast<std::int64_t>(text.size());
  arrival.internal_date = (1'500'000'000 + number * 60LL) * kSecond;
  if (number % 3 != 0) arrival.flags = store::kSeen;
  arrival.digested = store::digest_message(file, arrival.length, "");
  return arrival;
}

}  // namespace

void plant(const ImapTarget& target, const std::string& folder) {
  store::AccountsOptions options;
  options.folder = [&](std::uint64_t) { return folder; };
  options.cache_kilobytes = 16'000;
  store::Accounts accounts(options);
  auto lease = accounts.open(static_cast<std::uint64_t>(target.users));
  const auto made = lease->create_mailbox(target.mailbox, store::Role::None);
  const auto box = lease->mailbox(target.mailbox);
  if (!box) throw Fault("no mailbox: " + (made ? "" : made.error().why));
  for (int at = 0; at < target.messages; at += kBatch) {
    std::vector<store::Arrival> batch;
    for (int n = at; n < std::min(target.messages, at + kBatch); ++n) {
      batch.push_back(plant_file(*lease, n, target.bytes));
      batch.back().mailboxes = {box->id};
    }
    lease->deliver(batch);
  }
  std::printf("planted %d messages\n", target.messages);
}

}  // namespace mail::bench
