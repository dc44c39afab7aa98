// The store by itself: what STORE.md says each operation may cost.
//
//   build/tests/bench/store [MESSAGES] [FOLDER]
//
// Fills one mailbox with MESSAGES (100,000) small messages in batches of 64
// and times the operations; the median of several: what the clock says, and
// what the processor did.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "mime/message_file.h"
#include "store/accounts.h"
#include "store/administration.h"
#include "store/delivery.h"
#include "store/watch.h"

namespace {

using namespace mail;
using namespace mail::store;

std::string message(int number) {
  const std::string text = std::to_string(number);
  return "Received: from client.example by mx.example.test; Mon, 1 Jan 2026 "
         "00:00:00 +0000\r\nFrom: Ann <ann@example.org>\r\n"
         "To: Bob <bob@example.test>\r\nSubject: Message number " +
         text + "\r\nDate: Mon, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <" +
         text +
         "@example.org>\r\nMIME-Version: 1.0\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
         std::string(900, 'x') + "\r\n";
}

struct Taken {
  double wall = 0;
  double processor = 0;
};

Micros processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * kSecond + now.tv_nsec / 1000;
}

void say(const char* what, Taken taken) {
  std::printf("%-42s %11.1f us %11.1f us\n", what, taken.wall, taken.processor);
}

Taken once(const std::function<void()>& work) {
  const Micros start = steady_time();
  const Micros processor = processor_time();
  work();
  return {static_cast<double>(steady_time() - start),
          static_cast<double>(processor_time() - processor)};
}

void measure(const char* what, int times, const std::function<void()>& work) {
  std::vector<double> wall;
  std::vector<double> processor;
  for (int i = 0; i < times; ++i) {
    const Taken taken = once(work);
    wall.push_back(taken.wall);
    processor.push_back(taken.processor);
  }
  std::ranges::sort(wall);
  std::ranges::sort(processor);
  const auto middle = static_cast<std::size_t>(times / 2);
  say(what, {wall[middle], processor[middle]});
}

std::int64_t resident_kilobytes() {
  const auto text = read_file("/proc/self/statm").value_or("0 0");
  return std::atoll(text.c_str() + text.find(' ')) * 4;
}

// Files are written once a batch, as one: their cost is the spool's, not
// the store's.
std::string write_file(Account& account, int number, std::int64_t& length) {
  const std::string name =
      "06A0" + std::to_string(1'000'000'000 + number) + "AAAAAAAAAAAA";
  const Fd folder = account.message_folder(name);
  const Fd file = open_at(folder, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  const std::string text = message(number);
  file.write(text);
  length = static_cast<std::int64_t>(text.size());
  return name;
}

void fill(Account& account, int count) {
  constexpr int kBatch = 64;
  const MailboxId inbox = account.mailbox("INBOX")->id;
  Taken digesting;
  Taken delivering;
  const auto add = [count](Taken& sum, Taken taken) {
    sum.wall += taken.wall / count;
    sum.processor += taken.processor / count;
  };
  for (int at = 0; at < count; at += kBatch) {
    std::vector<Arrival> batch;
    for (int n = at; n < std::min(count, at + kBatch); ++n) {
      Arrival arrival;
      arrival.spool_id = write_file(account, n, arrival.length);
      arrival.file = message_file_name(arrival.spool_id);
      arrival.mailboxes = {inbox};
      arrival.prefix = "Delivered-To: bob@example.test\r\n";
      arrival.internal_date = wall_time();
      const Fd file = open_at(account.message_folder(arrival.spool_id),
                              arrival.spool_id, O_RDONLY);
      add(digesting, once([&] {
            arrival.digested =
                digest_message(file, arrival.length, arrival.prefix);
          }));
      batch.push_back(std::move(arrival));
    }
    add(delivering, once([&] { account.deliver(batch); }));
  }
  say("digest of a message", digesting);
  say("delivery of a message, batches of 64", delivering);
}

void measure_all(Account& account, int count) {
  const MailboxId inbox = account.mailbox("INBOX")->id;
  const UidRange all{1, UINT32_MAX};
  measure("mailbox row by name", 101, [&] { account.mailbox("INBOX"); });
  measure("mailbox row by id", 101, [&] { account.mailbox(inbox); });
  measure("first unseen", 101, [&] { account.first_unseen(inbox); });
  measure("keywords of the mailbox", 101,
          [&] { account.mailbox_keywords(inbox); });
  measure("all UIDs", 9, [&] { account.uids(inbox); });
  measure("all UIDs with flags and modseq", 9,
          [&] { account.each_entry(inbox, all, [](const Entry&) {}); });
  measure("unseen UIDs", 9, [&] { account.uids_with(inbox, 0, kSeen); });
  const Modseq mark = account.modseq();
  Uid uid = 1;
  const auto flag = [&] {
    account.change_flags(inbox, {{uid, uid}}, {FlagAction::Add, kSeen, {}, {}});
    uid += 7;
  };
  measure("one flag stored", 50, flag);
  measure("50 changes", 51, [&] { account.changes(inbox, mark); });
  measure("1,000 flags stored", 5, [&] {
    account.change_flags(inbox, {{uid, uid + 999}},
                         {FlagAction::Add, kFlagged, {}, {}});
    uid += 1000;
  });
  EmailId email = 1;
  measure("cached row, all of it", 501, [&] { account.cached(email++); });
  measure("cached row, envelope", 501,
          [&] { account.cached(email++, kEnvelope); });
  const auto last = static_cast<Uid>(count);
  account.change_flags(inbox, {{last - 4999, last}},
                       {FlagAction::Add, kDeleted, {}, {}});
  Uid from = last - 4999;
  measure("1,000 expunged", 5, [&] {
    account.expunge(inbox, {{from, from + 999}});
    from += 1000;
  });
  const auto archive = account.mailbox("Archive")->id;
  measure("1,000 copied", 3, [&] {
    account.copy(inbox, {{uid, uid + 999}}, archive);
    uid += 1000;
  });
  measure("1,000 moved", 3, [&] {
    account.move(inbox, {{uid, uid + 999}}, archive);
    uid += 1000;
  });
}

// Sessions that wait: a thousand accounts, a watch each, none open.
void measure_memory(const std::string& root) {
  constexpr std::uint64_t kSessions = 1'000;
  const auto folder = [&](std::uint64_t id) {
    return root + "/accounts/" + std::to_string(id);
  };
  for (std::uint64_t id = 2; id < 2 + kSessions; ++id) {
    make_account(folder(id), id, {});
  }
  AccountsOptions options;
  options.folder = folder;
  Accounts accounts(options);
  Watches watches(folder);
  const std::int64_t before = resident_kilobytes();
  std::vector<Watch> parked;
  for (std::uint64_t id = 2; id < 2 + kSessions; ++id) {
    parked.push_back(watches.add(id, [] {}));
    const auto lease = accounts.open(id);
    lease->mailbox("INBOX");
    lease->changes(1, 1);
  }
  while (accounts.open_count() > 0) ::usleep(10'000);
  ::usleep(100'000);
  std::printf("%-42s %11.1f kB\n", "memory of a session that waits",
              double(resident_kilobytes() - before) / kSessions);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const std::string parent = argc > 2 ? argv[2] : "/tmp";
  const std::string root =
      parent + "/store-bench-" + std::to_string(::getpid());
  const std::string folder = root + "/accounts/1";
  measure_memory(root);
  make_account(folder, 1, {});
  {
    AccountsOptions options;
    options.folder = [&](std::uint64_t) { return folder; };
    options.cache_kilobytes = 2'000;
    Accounts accounts(options);
    fill(*accounts.open(1), count);
    measure_all(*accounts.open(1), count);
    accounts.close_idle();
    measure("open, one row, close", 21, [&] {
      accounts.open(1)->modseq();
      accounts.close_idle();
    });
  }
  std::filesystem::remove_all(root);
}
