#include "store/known_files.h"

#include <algorithm>
#include <functional>

namespace mail::store {
namespace {

std::size_t hash_of(std::string_view file) {
  return std::hash<std::string_view>()(file);
}

}  // namespace

KnownFiles::KnownFiles(db::Database& mail) {
  auto& rows = mail.statement("SELECT file FROM email");
  rows.bind();
  while (rows.step()) hashes_.push_back(hash_of(rows.text(0)));
  std::ranges::sort(hashes_);
}

bool KnownFiles::contains(std::string_view file) const {
  return std::ranges::binary_search(hashes_, hash_of(file));
}

}  // namespace mail::store
