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
  config::Settings settings;
  settings.relay_passwords = dir.path() + "/p";
  EXPECT_THROW(Passwords::load(settings), Exit);
  replace_file(dir.path() + "/p", "a b c\n", 0640);
  EXPECT_NE(Passwords::load(settings).find("a"), nullptr);
  settings.relay_passwords = dir.path() + "/none";
  EXPECT_THROW(Passwords::load(settings), Exit);
  EXPECT_EQ(Passwords::load({}).find("a"), nullptr);
}

TEST(PasswordsTest, EveryLoginOfARouteHasALine) {
  const TempDir dir;
  replace_file(dir.path() + "/p", "a b c\n", 0600);
  config::Settings settings;
  settings.relay_passwords = dir.path() + "/p";
  settings.relayhost = "[x.example] tls=verified login=a";
  EXPECT_NO_THROW(Passwords::load(settings));
  settings.routes = {"y.example [x.example], [z.example] tls=required login=b"};
  EXPECT_THROW(Passwords::load(settings), Exit);
  settings.relay_passwords.clear();
  EXPECT_THROW(Passwords::load(settings), Exit);
}

}  // namespace
}  // namespace mail::relay
