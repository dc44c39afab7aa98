#include "store/known_files.h"

#include "store/queries.h"

namespace mail::store {

FileNames known_files(db::Database& mail, const std::string& folder) {
  const std::string from = folder + "/";
  const std::string to = folder + "0";  // '0' follows '/'
  auto& rows = mail.statement(queries::kFilesOfFolder);
  rows.bind(from, to);
  FileNames known;
  while (rows.step()) known.emplace(rows.text(0));
  return known;
}

}  // namespace mail::store
