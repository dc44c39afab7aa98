#include "store/keyword_sets.h"

#include <algorithm>
#include <set>

#include "base/ascii.h"

namespace mail::store {
namespace {

// What is kept in memory at most; then it is read again.
constexpr std::size_t kMostKnown = 1'000;

}  // namespace

const std::vector<std::string>& KeywordSets::names(std::int64_t set) {
  const auto found = known_.find(set);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMostKnown) known_.clear();
  auto& names = known_[set];
  auto& members =
      mail_.statement("SELECT members FROM keyword_set WHERE id = ?");
  members.bind(set);
  if (!members.step()) return names;
  const std::string ids(members.text(0));
  members.reset();
  auto& name = mail_.statement("SELECT name FROM keyword WHERE id = ?");
  for (const auto id : split(ids, ',')) {
    name.bind(static_cast<std::int64_t>(parse_number(id).value_or(0)));
    if (name.step()) names.emplace_back(name.text(0));
    name.reset();
  }
  return names;
}

std::int64_t KeywordSets::intern(const std::vector<std::string>& keywords) {
  std::set<std::int64_t> ids;
  for (const auto& name : keywords) ids.insert(keyword(name));
  if (ids.empty()) return 0;
  std::string members;
  for (const std::int64_t id : ids) {
    if (!members.empty()) members += ',';
    members += std::to_string(id);
  }
  auto& find = mail_.statement("SELECT id FROM keyword_set WHERE members = ?");
  find.bind(members);
  if (find.step()) {
    const std::int64_t id = find.integer(0);
    find.reset();
    return id;
  }
  mail_.statement("INSERT INTO keyword_set(members) VALUES(?)").run(members);
  return mail_.last_insert_id();
}

std::int64_t KeywordSets::keyword(const std::string& name) {
  auto& find = mail_.statement("SELECT id FROM keyword WHERE name = ?");
  find.bind(name);
  if (find.step()) {
    const std::int64_t id = find.integer(0);
    find.reset();
    return id;
  }
  mail_.statement("INSERT INTO keyword(name) VALUES(?)").run(name);
  return mail_.last_insert_id();
}

}  // namespace mail::store
