#include "relay/passwords.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"
#include "tests/support/temp_dir.h"

namespace mail::relay {
namespace {

TEST(PasswordsTest, AreLinesOfThreeWordsTheLastOneLong) {
  const auto all = Passwords::parse(
      "# relay hosts\n\nisp \t ann@example.net  correct horse \n b c d\r\n");
  ASSERT_TRUE(all) << all.error().why;
  ASSERT_NE(all->find("isp"), nullptr);
  EXPECT_EQ(all->find("isp")->user, "ann@example.net");
  EXPECT_EQ(all->find("isp")->password, "correct horse");
  EXPECT_EQ(all->find("b")->password, "d");
  EXPECT_EQ(all->find("x"), nullptr);
}

TEST(PasswordsTest, ARefusalShowsNoSecret) {
  const auto all = Passwords::parse("a b\nc d secret\nc d secret\n");
  ASSERT_FALSE(all);
  EXPECT_TRUE(all.error().why.starts_with("line 1, line 3:"));
  EXPECT_EQ(all.error().why.find("secret"), std::string::npos);
}

TEST(PasswordsTest, AFileOpenToAllIsRefused) {
  const TempDir dir;
  replace_file(dir.path() + "/p", "a b c\n", 0644);
  EXPECT_THROW(Passwords::load(dir.path() + "/p"), Exit);
  EXPECT_THROW(Passwords::load(dir.path() + "/none"), Exit);
  replace_file(dir.path() + "/p", "a b c\n", 0640);
  EXPECT_NE(Passwords::load(dir.path() + "/p").find("a"), nullptr);
  EXPECT_EQ(Passwords::load("").find("a"), nullptr);
}

}  // namespace
}  // namespace mail::relay
