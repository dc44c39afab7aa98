#include "admin/owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "tests/support/temp_dir.h"

namespace mail::admin {
namespace {

// A user who owns nothing here and is in no group of ours.
const User kStranger{{}, 64'123, 64'123};

TEST(OwnerTest, FindsTheFolderAUserCannotPass) {
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0755);
  make_folders(folder.path() + "/open/closed/below", 0755);
  ::chmod((folder.path() + "/open/closed").c_str(), 0700);
  EXPECT_EQ(barrier(folder.path() + "/open/closed/below", kStranger),
            folder.path() + "/open/closed");
  EXPECT_FALSE(barrier(folder.path() + "/open", kStranger));
  EXPECT_FALSE(barrier(folder.path() + "/open/absent/below", kStranger));
}

TEST(OwnerTest, RefusesFoldersOfRoot) {
  try {
    become_owner("/etc");
    FAIL();
  } catch (const Exit& exit) {
    EXPECT_EQ(exit.code(), 77);
  }
}

TEST(OwnerTest, SaysWhenThereIsNothing) {
  try {
    become_owner("/nowhere/at/all");
    FAIL();
  } catch (const Exit& exit) {
    EXPECT_EQ(exit.code(), 66);
  }
}

}  // namespace
}  // namespace mail::admin
