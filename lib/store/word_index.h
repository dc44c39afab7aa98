// WordIndex: search.db, the words of the account's mail.
//
// Opened when used.  The emails up to upto() are in it, in the order of their
// ids: ids are never given twice, so what came since is what lies above.
// Nothing here is needed for the mail to be safe: a file that is damaged, or
// of another state of the account, is thrown away and made again.  No call
// throws for what is wrong with the file: it says so in the log and answers
// as if there were no index.
//
// Who finds another one indexing does not wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "store/account.h"
#include "store/word_merge.h"
#include "store/word_table.h"

namespace mail::store {

// What the words of an email are put into; false when it has too many.
using ReadWords = std::function<bool(EmailId email, WordTable& words)>;

// The zone of a field, by its name in lower case.
Zone zone_of(std::string_view field);

class WordIndex {
 public:
  // `mail`: of the same account, must outlive the object.
  WordIndex(std::uint64_t account, const std::string& folder,
            db::Database& mail, int cache_kilobytes);

  // Whether anybody has searched in this account.
  bool exists() const;

  Indexing indexing();

  // Indexes the next batch: half a second's work at most.
  Indexing advance(const ReadWords& read);

  TextHits find(const TextKey& key);

  // They are gone from the account: they leave by and by.
  void remove(std::span<const EmailId> emails);
  // Makes them leave; gives room back.  For the account's owner, at leisure.
  void tidy();

  // So that all is indexed anew.
  void discard() noexcept;
  static void discard(const std::string& folder) noexcept;

 private:
  // The one row of `progress`.
  struct Progress {
    EmailId upto = 0;
    std::int64_t tag = 0;  // of that email
    std::int64_t next_segment = 1;
  };

  db::Database& open();
  Progress progress();
  void save(const Progress& progress);
  bool attempt(const std::function<void()>& work);
  EmailId newest();
  bool fits_mail(const Progress& progress);
  std::vector<EmailId> emails_above(EmailId email, int most);
  std::int64_t tag_of(EmailId email);
  Alive alive_among(std::span<const Segment> segments);
  Indexing add_batch(const ReadWords& read);
  void write_batch(Progress& progress, std::span<const EmailId> emails,
                   const ReadWords& read);
  void merge(Progress& progress);
  void renew(std::int64_t segment);
  void give_room_back();

  std::uint64_t account_;
  std::string folder_;
  db::Database& mail_;
  int cache_kilobytes_;
  std::optional<db::Database> db_;
};

}  // namespace mail::store
