#include "imap/entry_name.h"

#include <gtest/gtest.h>

namespace mail::imap {
namespace {

TEST(ImapEntryNameTest, IsBelowPrivateOrShared) {
  for (const char* name : {"/private/a b", "/SHARED/a/b", "/shared"}) {
    EXPECT_TRUE(is_entry_name(name)) << name;
  }
  for (const char* name :
       {"", "/", "private/a", "/privates/a", "/private/", "/private//a",
        "/private/a*", "/private/%", "/private/\xC3\xBC", "/private/\x01"}) {
    EXPECT_FALSE(is_entry_name(name)) << name;
  }
  EXPECT_FALSE(is_entry_name("/private/" + std::string(250, 'a')));
}

TEST(ImapEntryNameTest, HasAValueFromTwoComponentsOn) {
  EXPECT_TRUE(may_have_value("/private/comment"));
  EXPECT_FALSE(may_have_value("/private"));
  EXPECT_FALSE(may_have_value("/shared/vendor"));
  EXPECT_FALSE(may_have_value("/shared/vendor/x"));
  EXPECT_TRUE(may_have_value("/shared/vendor/x/y"));
  EXPECT_TRUE(may_have_value("/shared/vendors"));
}

TEST(ImapEntryNameTest, LiesBelowToADepth) {
  EXPECT_TRUE(lies_below("/private/A", "/PRIVATE/a", Depth::Zero));
  EXPECT_FALSE(lies_below("/private/a/b", "/private/a", Depth::Zero));
  EXPECT_TRUE(lies_below("/private/a/b", "/private/a", Depth::One));
  EXPECT_FALSE(lies_below("/private/a/b/c", "/private/a", Depth::One));
  EXPECT_TRUE(lies_below("/private/a/b/c", "/private/a", Depth::Infinity));
  EXPECT_FALSE(lies_below("/private/ab", "/private/a", Depth::Infinity));
}

}  // namespace
}  // namespace mail::imap
