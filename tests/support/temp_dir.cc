#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <filesystem>

#include "base/fault.h"

namespace mail {

TempDir::TempDir() {
  std::string name =
      (std::filesystem::temp_directory_path() / "staunch-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw_errno("mkdtemp");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mail
