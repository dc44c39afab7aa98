#include "directory/editor.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

struct EditorTest : testing::Test {
  EditorTest() { EXPECT_TRUE(editor.add_domain("here.example")); }

  TempDir dir;
  Editor editor{dir.path() + "/directory.db"};
};

std::string why(const auto& result) {
  return result ? "" : result.error().why;
}

TEST_F(EditorTest, SaysWhyNot) {
  EXPECT_EQ(why(editor.add_domain("HERE.example")),
            "the domain exists: here.example");
  EXPECT_EQ(why(editor.add_account({.address = "a@far.example"})),
            "no such domain here: far.example");
  EXPECT_EQ(why(editor.remove_alias("x@here.example")),
            "no such alias: x@here.example");
  EXPECT_EQ(why(editor.add_alias("x@here.example", {"y@here.example"})),
            "no such address here: y@here.example");
  EXPECT_NE(why(editor.add_account({.address = "nonsense"})), "");
  EXPECT_NE(why(editor.add_account({.address = "@here.example"})), "");
  EXPECT_NE(why(editor.add_domain("[192.0.2.1]")), "");
  EXPECT_NE(why(editor.add_domain("192.0.2.1")), "");
}

TEST_F(EditorTest, NeverUsesAnIdAgain) {
  const auto first = editor.add_account({.address = "a@here.example"});
  ASSERT_TRUE(first);
  ASSERT_TRUE(editor.remove_account("a@here.example"));
  const auto second = editor.add_account({.address = "a@here.example"});
  ASSERT_TRUE(second);
  EXPECT_GT(second->id, first->id);
}

TEST_F(EditorTest, RefusesToRemoveWhatIsInUse) {
  ASSERT_TRUE(editor.add_account({.address = "a@here.example"}));
  ASSERT_TRUE(editor.add_alias("b@here.example", {"a@here.example"}));
  ASSERT_TRUE(editor.add_alias("c@here.example", {"b@here.example"}));
  EXPECT_EQ(why(editor.remove_domain("here.example")),
            "the domain is in use: 1 accounts, 2 aliases");
  EXPECT_EQ(why(editor.remove_account("a@here.example")),
            "the alias b@here.example leads to this account");
  EXPECT_EQ(why(editor.remove_alias("b@here.example")),
            "the alias c@here.example leads to this one");
  EXPECT_FALSE(editor.remove_target("b@here.example", "a@here.example"));
  EXPECT_EQ(editor.aliases().size(), 2u);

  EXPECT_TRUE(editor.remove_alias("c@here.example"));
  EXPECT_TRUE(editor.remove_target("b@here.example", "A@here.example"));
  EXPECT_TRUE(editor.remove_account("a@here.example"));
  EXPECT_TRUE(editor.remove_domain("here.example"));
  EXPECT_TRUE(editor.domains().empty());
}

TEST_F(EditorTest, KeepsAccountsAndAliasesApart) {
  ASSERT_TRUE(editor.add_account({.address = "a@here.example"}));
  ASSERT_TRUE(editor.add_alias("b@here.example", {"x@far.example"}));
  EXPECT_FALSE(editor.add_alias("a@here.example", {"x@far.example"}));
  EXPECT_FALSE(editor.add_account({.address = "B@here.example"}));
  EXPECT_FALSE(editor.add_alias("b@here.example", {"b@here.example"}));
}

TEST_F(EditorTest, ChangesAnAccount) {
  auto account = editor.add_account({.address = "a@here.example"}).value();
  account.quota_bytes = 1000;
  account.active = false;
  EXPECT_TRUE(editor.change_account(account));
  const auto found = editor.find_account("A@HERE.example");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->quota_bytes, 1000);
  EXPECT_FALSE(found->active);
  account.id = 77;
  EXPECT_FALSE(editor.change_account(account));
}

TEST_F(EditorTest, GivesEachUidvalidityOnce) {
  const auto first = editor.take_uidvalidity(3);
  EXPECT_GT(first, 1'700'000'000u);
  EXPECT_EQ(editor.take_uidvalidity(1), first + 3);
  Editor other(dir.path() + "/directory.db");
  EXPECT_EQ(other.take_uidvalidity(1), first + 4);
}

}  // namespace
}  // namespace mail::directory
