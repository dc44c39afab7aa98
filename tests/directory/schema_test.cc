// Databases that an older version of Staunch has left, and a newer one.
#include "directory/schema.h"

#include <gtest/gtest.h>

#include "base/fault.h"
#include "directory/auth_admin.h"
#include "directory/credentials.h"
#include "directory/editor.h"
#include "directory/sqlite_directory.h"
#include "tests/support/old_schema.h"
#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

int newest(db::Steps steps) { return static_cast<int>(steps.size()); }

void fill_directory(const std::string& path) {
  Editor editor(path);
  EXPECT_TRUE(editor.add_domain("here.example"));
  EXPECT_TRUE(editor.add_account({.address = "ann@here.example"}));
  EXPECT_TRUE(editor.add_alias("a@here.example", {"ann@here.example"}));
  (void)editor.take_uidvalidity(3);
}

void fill_credentials(const std::string& path) {
  Credentials credentials(path);
  const std::atomic<sasl::Sha1> sha1 = sasl::Sha1::Yes;
  AuthAdmin admin(credentials, nullptr, sha1);
  EXPECT_TRUE(admin.run({"set-password", "1", "ann@here.example", "pencil"}));
  EXPECT_TRUE(
      admin.run({"add-app-password", "1", "ann@here.example", "phone"}));
}

// Every older schema, and the newest, which is left as it is.
TEST(DirectorySchemaTest, IsBroughtForwardWithAllThatIsInIt) {
  for (int version = 1; version <= newest(directory_schema()); ++version) {
    TempDir dir;
    const std::string path = dir.path() + "/directory.db";
    fill_directory(path);
    make_older(path, directory_schema(), version);
    const auto before = rows_of(path, directory_schema(), version);
    ASSERT_GE(before.size(), 4u);
    EXPECT_EQ(Editor(path).aliases().size(), 1u);
    EXPECT_EQ(schema_of(path), newest(directory_schema()));
    EXPECT_EQ(rows_of(path, directory_schema(), version), before);
    SqliteDirectory directory(path, "+");
    EXPECT_TRUE(directory.account("ann@here.example"));
  }
}

TEST(CredentialsSchemaTest, IsBroughtForwardWithAllThatIsInIt) {
  for (int version = 1; version <= newest(credentials_schema()); ++version) {
    TempDir dir;
    const std::string path = dir.path() + "/credentials.db";
    fill_credentials(path);
    make_older(path, credentials_schema(), version);
    const auto before = rows_of(path, credentials_schema(), version);
    ASSERT_GE(before.size(), 6u);
    EXPECT_TRUE(Credentials(path).find("ann@here.example"));
    EXPECT_EQ(schema_of(path), newest(credentials_schema()));
    EXPECT_EQ(rows_of(path, credentials_schema(), version), before);
  }
}

TEST(DirectorySchemaTest, OfANewerVersionIsLeftAlone) {
  TempDir dir;
  const std::string path = dir.path() + "/some.db";
  fill_directory(path);
  {
    db::Database newer(path, db::Mode::Existing);
    newer.run("PRAGMA user_version=99");
  }
  EXPECT_THROW(Editor{path}, Fault);
  EXPECT_THROW(Credentials{path}, Fault);
  EXPECT_EQ(schema_of(path), 99);
}

}  // namespace
}  // namespace mail::directory
