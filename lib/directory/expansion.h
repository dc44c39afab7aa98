// Expansion: where mail for one address ends.
//
// Looked for in this order: the account with the address, the alias, the
// same two without the subaddress, the domain's catch-all.  An alias leads on
// to its targets, as deep as it goes; an address that was met before is not
// followed again, so that loops end and nobody gets two copies.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "directory/directory.h"
#include "directory/name.h"

namespace mail::directory {

class Expansion {
 public:
  Expansion(db::Database& db, std::string_view separator)
      : db_(db), separator_(separator) {}

  Result<std::vector<Destination>> run(std::string_view address);

 private:
  // An address to follow, and the subaddress it came with.
  struct Step {
    Name name;
    std::string detail;
  };

  bool follow(const Step& step);
  bool follow_local(const Step& step);
  bool end_here(std::string_view address, const std::string& detail);
  bool end_at_first(std::string_view domain);
  bool branch(std::string_view address, const std::string& detail);
  void add(Destination destination);

  db::Database& db_;
  std::string_view separator_;
  std::vector<Step> open_;
  std::set<std::string> met_;
  std::set<std::uint64_t> accounts_;
  std::vector<Destination> found_;
};

}  // namespace mail::directory
