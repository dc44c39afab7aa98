#include "directory/sqlite_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/fault.h"
#include "base/file.h"
#include "directory/editor.h"
#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

struct SqliteDirectoryTest : testing::Test {
  SqliteDirectoryTest() {
    for (const char* domain : {"here.example", "b\xc3\xbc"
                                               "cher.example"}) {
      EXPECT_TRUE(editor.add_domain(domain));
    }
    ann = editor.add_account({.address = "Ann@Here.Example"}).value().id;
    bob = editor.add_account({.address = "bob@here.example"}).value().id;
    directory = std::make_unique<SqliteDirectory>(path, "+");
  }

  // "ann", "bob+detail", "x@far.example" in one line.
  std::string ends(std::string_view address) {
    const auto found = directory->expand(address);
    if (!found) return "no";
    std::vector<std::string> names;
    for (const Destination& end : *found) {
      std::string name = end.account == ann   ? "ann"
                         : end.account == bob ? "bob"
                                              : end.address;
      if (!end.detail.empty()) name += '+' + end.detail;
      names.push_back(name);
    }
    std::ranges::sort(names);
    std::string line;
    for (const auto& name : names) line += (line.empty() ? "" : " ") + name;
    return line;
  }

  void alias(const std::string& from, std::vector<std::string> to) {
    const auto made = editor.add_alias(from, to);
    EXPECT_TRUE(made) << made.error().why;
  }

  TempDir dir;
  std::string path = dir.path() + "/directory.db";
  Editor editor{path};
  std::uint64_t ann = 0, bob = 0;
  std::unique_ptr<SqliteDirectory> directory;
};

TEST_F(SqliteDirectoryTest, FoldsTheCaseOfWhatIsOurs) {
  EXPECT_TRUE(directory->is_local("HERE.example"));
  EXPECT_TRUE(directory->is_local("xn--bcher-kva.example"));
  EXPECT_FALSE(directory->is_local("far.example"));
  EXPECT_FALSE(directory->is_local(""));
  EXPECT_EQ(ends("ANN@here.EXAMPLE"), "ann");
  EXPECT_EQ(ends("Kept@Far.Example"), "Kept@far.example");
  EXPECT_EQ(directory->account("aNN@here.example")->id, ann);
  EXPECT_EQ(directory->account(bob)->address, "bob@here.example");
  EXPECT_FALSE(directory->account(999));
}

TEST_F(SqliteDirectoryTest, FollowsAliasesToTheEnd) {
  alias("sales@here.example", {"ann@here.example", "X@far.example"});
  alias("all@here.example", {"sales@here.example", "bob@here.example"});
  EXPECT_EQ(ends("all@here.example"), "X@far.example ann bob");
  EXPECT_EQ(ends("all+q@here.example"), "X@far.example ann+q bob+q");
}

TEST_F(SqliteDirectoryTest, SplitsSubaddressesAfterWholeNames) {
  EXPECT_EQ(ends("ann+Lists@here.example"), "ann+lists");
  alias("ann+boss@here.example", {"bob@here.example"});
  EXPECT_EQ(ends("ann+boss@here.example"), "bob");
  EXPECT_EQ(ends("+x@here.example"), "no");
}

TEST_F(SqliteDirectoryTest, KnowsNoOneElseWithoutCatchAll) {
  EXPECT_EQ(ends("eve@here.example"), "no");
  alias("@here.example", {"bob@here.example"});
  EXPECT_EQ(ends("eve@here.example"), "bob");
  EXPECT_EQ(ends("ann@here.example"), "ann");
  EXPECT_EQ(ends("bob@b\xc3\xbc"
                 "cher.example"),
            "no");
}

TEST_F(SqliteDirectoryTest, SomebodyReadsThePostmastersMail) {
  EXPECT_EQ(ends("PostMaster@here.example"), "ann");
  alias("postmaster@here.example", {"bob@here.example"});
  EXPECT_EQ(ends("postmaster@here.example"), "bob");
}

TEST_F(SqliteDirectoryTest, ThePostmasterWithoutADomainIsOfTheServersOwn) {
  EXPECT_EQ(postmaster_domain(*directory, "mail.Here.example"),
            "here.example");
  EXPECT_EQ(postmaster_domain(*directory, "here.example"), "here.example");
  EXPECT_EQ(postmaster_domain(*directory, "mail.far.test"), "mail.far.test");
}

TEST_F(SqliteDirectoryTest, EndsLoopsAndRepetitions) {
  alias("a@here.example", {"ann@here.example"});
  alias("b@here.example", {"a@here.example", "ann@here.example"});
  alias("a@here.example", {"b@here.example", "ann+x@here.example"});
  EXPECT_EQ(ends("a@here.example").substr(0, 3), "ann");
  EXPECT_EQ(directory->expand("a@here.example")->size(), 1u);
}

TEST_F(SqliteDirectoryTest, BoundsWhatOneAddressLeadsTo) {
  std::vector<std::string> many;
  for (int i = 0; i < 10'001; ++i) {
    many.push_back("u" + std::to_string(i) + "@far.example");
  }
  alias("many@here.example", many);
  EXPECT_EQ(ends("many@here.example"), "no");
  EXPECT_TRUE(editor.remove_target("many@here.example", many[0]));
  EXPECT_EQ(directory->expand("many@here.example")->size(), 10'000u);
}

TEST_F(SqliteDirectoryTest, LetsOneSendAsWhatLeadsToOne) {
  alias("sales@here.example", {"ann@here.example"});
  EXPECT_TRUE(directory->may_send_as(ann, "Ann@here.example"));
  EXPECT_TRUE(directory->may_send_as(ann, "ann+x@here.example"));
  EXPECT_TRUE(directory->may_send_as(ann, "sales@here.example"));
  EXPECT_FALSE(directory->may_send_as(bob, "sales@here.example"));
  EXPECT_FALSE(directory->may_send_as(0, "x@far.example"));
  EXPECT_FALSE(directory->may_send_as(ann, "not an address"));
}

TEST_F(SqliteDirectoryTest, SeesWhatWasChangedSince) {
  EXPECT_EQ(ends("eve@here.example"), "no");
  ASSERT_TRUE(editor.add_account({.address = "eve@here.example"}));
  EXPECT_EQ(ends("eve@here.example"), "eve@here.example");
  ASSERT_TRUE(editor.remove_account("eve@here.example"));
  EXPECT_EQ(ends("eve@here.example"), "no");
}

TEST_F(SqliteDirectoryTest, IsAFaultWithoutItsDatabase) {
  EXPECT_THROW(SqliteDirectory(dir.path() + "/none.db", "+"), Fault);
}

TEST_F(SqliteDirectoryTest, ComesWhenItsDatabaseDoes) {
  const std::string late = dir.path() + "/late.db";
  SqliteDirectory waiting(late, "+", SqliteDirectory::Need::Later);
  EXPECT_THROW(waiting.is_local("here.example"), Fault);
  EXPECT_THROW(waiting.account(1), Fault);
  EXPECT_THROW(waiting.account("ann@here.example"), Fault);
  EXPECT_THROW((void)waiting.expand("ann@here.example"), Fault);
  replace_file(late, std::string(8192, 'x'), 0600);
  EXPECT_THROW(waiting.is_local("here.example"), Fault);
  std::filesystem::remove(late);
  EXPECT_TRUE(Editor(late).add_domain("here.example"));
  EXPECT_TRUE(waiting.is_local("here.example"));
}

TEST_F(SqliteDirectoryTest, LeavesFilesTheGroupMayRead) {
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path + end).c_str(), &status), 0) << end;
    EXPECT_EQ(status.st_mode & 07777, 0640u) << end;
  }
}

}  // namespace
}  // namespace mail::directory
