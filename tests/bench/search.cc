// Searching by text: the size of the index and the speed of the answers.
//
//   build/tests/bench/search [MESSAGES] [OCTETS] [FOLDER]
//
// Fills one mailbox with MESSAGES (100,000) messages of OCTETS (4,096): text
// of words as frequent as those of a language, and a header as it comes from
// the network.  Then makes the index, and asks by IMAP.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "base/base32.h"
#include "base/clock.h"
#include "store/administration.h"
#include "store/delivery.h"

namespace {

using namespace mail;
using namespace mail::store;

// A language of 60,000 words; the n-th is as frequent as 1/n.
class Language {
 public:
  Language() {
    double sum = 0;
    for (int i = 0; i < kWords; ++i) {
      words_.push_back(new_word());
      sum += 1.0 / (i + 1.0);
      chances_.push_back(sum);
    }
  }
  const std::string& word() {
    const double at =
        std::uniform_real_distribution<>(0, chances_.back())(random_);
    const auto found = std::ranges::lower_bound(chances_, at);
    return words_[static_cast<std::size_t>(found - chances_.begin())];
  }
  std::string words(std::size_t octets) {
    std::string out;
    std::size_t line = 0;
    while (out.size() < octets) {
      const std::string& next = word();
      out += next;
      line += next.size() + 1;
      out += line > 68 ? "\r\n" : random_() % 12 ? " " : ", ";
      if (line > 68) line = 0;
    }
    return out;
  }
  std::string id() { return base32(random_(), 10); }
  const std::string& nth(std::size_t n) const { return words_[n]; }

 private:
  static constexpr int kWords = 60'000;

  std::string new_word() {
    static constexpr const char* kSyllables[] = {
        "ba", "ne",  "ri", "to", "lu", "ka",  "men", "sor", "ti",  "va",
        "el", "and", "er", "in", "on", "qua", "ste", "fi",  "pro", "gen"};
    std::string out;
    for (std::size_t n = 1 + random_() % 4; n > 0; --n) {
      out += kSyllables[random_() % std::size(kSyllables)];
    }
    if (random_() % 3 == 0) out += static_cast<char>('a' + random_() % 26);
    return out;
  }

  std::mt19937_64 random_{1};
  std::vector<std::string> words_;
  std::vector<double> chances_;
};

std::string message(Language& language, std::size_t octets, int number) {
  const std::string& name = language.word();
  std::string out =
      "Return-Path: <" + name + "@example.org>\r\nReceived: from mail." +
      language.word() + ".example by mx.example.test with ESMTPS id " +
      language.id() + ";\r\n\tMon, 1 Jan 2026 00:00:00 +0000\r\nFrom: " + name +
      " <" + name + "@example.org>\r\nTo: Bob <bob@example.test>\r\nSubject: " +
      language.words(30).substr(0, 30) +
      "\r\nDate: Mon, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <" +
      language.id() + "." + std::to_string(number) +
      "@example.org>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  if (number % 1000 == 7) out += "the rare needle of this haystack\r\n";
  if (out.size() + 2 < octets) out += language.words(octets - out.size() - 2);
  out.resize(std::max<std::size_t>(out.size(), octets));
  out.resize(octets - 2);
  return out + "\r\n";
}

void fill(Account& account, int count, std::size_t octets) {
  constexpr int kBatch = 256;
  Language language;
  const MailboxId inbox = account.mailbox("INBOX")->id;
  for (int at = 0; at < count; at += kBatch) {
    std::vector<Arrival> batch;
    for (int n = at; n < std::min(count, at + kBatch); ++n) {
      Arrival arrival;
      arrival.spool_id =
          "06A0" + std::to_string(1'000'000'000 + n) + "AAAAAAAAAAAA";
      const Fd folder = account.message_folder(arrival.spool_id);
      const Fd file =
          open_at(folder, arrival.spool_id, O_RDWR | O_CREAT | O_TRUNC, 0600);
      const std::string text = message(language, octets, n);
      file.write(text + std::string(48, 'f'));  // as long as a footer
      arrival.length = static_cast<std::int64_t>(text.size());
      arrival.file = message_file_name(arrival.spool_id);
      arrival.mailboxes = {inbox};
      arrival.prefix = "Delivered-To: bob@example.test\r\n";
      arrival.internal_date = wall_time();
      arrival.digested = digest_message(file, arrival.length, arrival.prefix);
      batch.push_back(std::move(arrival));
    }
    account.deliver(batch);
  }
}

// What the clock says, and what the processor did.
struct Taken {
  Micros wall = 0;
  Micros processor = 0;
};

Taken now() {
  timespec processor{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &processor);
  return {steady_time(), processor.tv_sec * kSecond + processor.tv_nsec / 1000};
}

Taken since(const Taken& start) {
  const Taken end = now();
  return {end.wall - start.wall, end.processor - start.processor};
}

double on_disk(const std::string& path) {
  double sum = 0;
  const auto add = [&](const std::filesystem::path& file) {
    struct stat about{};
    if (::stat(file.c_str(), &about) == 0) {
      sum += static_cast<double>(about.st_blocks) * 512;
    }
  };
  if (!std::filesystem::is_directory(path)) return add(path), sum;
  for (const auto& item : std::filesystem::recursive_directory_iterator(path)) {
    add(item.path());
  }
  return sum;
}

void ask(Account& account, const char* what, TextKey::In in,
         const std::string& text) {
  std::vector<Micros> wall;
  std::vector<Micros> processor;
  TextHits hits;
  std::size_t uids = 0;
  const Mailbox inbox = *account.mailbox("INBOX");
  for (int i = 0; i < 9; ++i) {
    const Taken start = now();
    hits = account.find_text({in, "subject", text});
    uids = account.uids_of(inbox.id, inbox.highestmodseq, hits.sure, hits.upto)
               .size();
    const Taken taken = since(start);
    wall.push_back(taken.wall);
    processor.push_back(taken.processor);
  }
  std::ranges::sort(wall);
  std::ranges::sort(processor);
  std::printf("%-28s %7zu sure %7zu maybe %9.2f ms %9.2f ms\n", what, uids,
              hits.maybe.size(), static_cast<double>(wall[4]) / 1000,
              static_cast<double>(processor[4]) / 1000);
}

void index_all(Account& account, int count) {
  const Taken start = now();
  Micros longest = 0;
  int batches = 0;
  while (true) {
    const Micros before = steady_time();
    if (account.index_words().step == Indexing::Step::Done) break;
    longest = std::max(longest, steady_time() - before);
    ++batches;
  }
  const Taken taken = since(start);
  std::printf(
      "indexed: %.1f us a message, %.1f us of the processor; %d batches, the "
      "longest %.0f ms\n",
      static_cast<double>(taken.wall) / count,
      static_cast<double>(taken.processor) / count, batches,
      static_cast<double>(longest) / 1000);
}

void say_sizes(const std::string& folder, double raw) {
  for (const char* part : {"msg", "mail.db", "mail.db-wal", "cache.db",
                           "cache.db-wal", "search.db", "search.db-wal", ""}) {
    const double size = on_disk(folder + "/" + part);
    std::printf("%-16s %8.1f MB %6.3f of the raw bytes\n", *part ? part : "all",
                size / 1e6, size / raw);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const auto octets =
      static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 4'096);
  const std::string parent = argc > 3 ? argv[3] : "/tmp";
  const std::string root =
      parent + "/search-bench-" + std::to_string(::getpid());
  const std::string folder = root + "/accounts/1";
  make_account(folder, 1, {});
  {
    AccountsOptions options;
    options.folder = [&](std::uint64_t) { return folder; };
    Accounts accounts(options);
    const auto account = accounts.open(1);
    fill(*account, count, octets);
    account->maintain();
    index_all(*account, count);
    using In = TextKey::In;
    ask(*account, "a word, one in 1000", In::Text, "needle");
    ask(*account, "part of a word", In::Text, "eedl");
    ask(*account, "three words", In::Text, "rare needle of");
    ask(*account, "the most frequent word", In::Text, Language().nth(0));
    ask(*account, "the 300th word", In::Text, Language().nth(300));
    ask(*account, "a word there is not", In::Text, "xyzzy");
    ask(*account, "one letter", In::Text, "e");
    ask(*account, "subject", In::Field, Language().nth(50));
    ask(*account, "body", In::Body, "needle");
  }
  say_sizes(folder, static_cast<double>(octets) * count);
  std::filesystem::remove_all(root);
}
