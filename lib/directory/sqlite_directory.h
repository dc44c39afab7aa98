// SqliteDirectory: the directory in directory.db, for those who only read it.
//
// Opened read-only, also by users without write right.  Answers are kept in
// memory for as long as nobody has committed (data_version, asked at each
// lookup).  Any number of threads.  Trouble with the database is a Fault.
// What is written there comes from directory/editor.h.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"

namespace mail::db {
class Database;
}

namespace mail::directory {

// An address leads to at most so many destinations.
inline constexpr std::size_t kMaxDestinations = 10'000;

class SqliteDirectory : public Directory {
 public:
  // With Later, a database that cannot be read is no Fault yet: each question
  // is one, until it can.
  enum class Need { Now, Later };

  // `separator`: what begins a subaddress (RFC 5233); empty: none do.
  SqliteDirectory(std::string path, std::string separator,
                  Need need = Need::Now);
  ~SqliteDirectory() override;

  bool is_local(std::string_view domain) override;
  Result<std::vector<Destination>> expand(std::string_view address) override;
  std::optional<Account> account(std::uint64_t id) override;
  std::optional<Account> account(std::string_view address) override;
  bool may_send_as(std::uint64_t account, std::string_view address) override;

 private:
  using Destinations = Result<std::vector<Destination>>;

  void open();
  void refresh();
  const Destinations& expansion(std::string_view address);

  std::mutex mutex_;
  std::string separator_;
  std::string path_;
  std::unique_ptr<db::Database> db_;  // null while it cannot be read
  std::int64_t seen_version_ = 0;
  std::size_t kept_ = 0;  // destinations in expansions_
  std::map<std::string, bool, std::less<>> local_;
  std::map<std::string, Destinations, std::less<>> expansions_;
};

}  // namespace mail::directory
