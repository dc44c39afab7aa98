#include "store/object_id.h"

#include <gtest/gtest.h>

namespace mail::store {
namespace {

TEST(ObjectIdTest, HasALetterAndDigits) {
  EXPECT_EQ(object_id(IdKind::Email, 42), "M1A");
  EXPECT_EQ(object_id(IdKind::Thread, 1), "T1");
  EXPECT_EQ(object_id(IdKind::Mailbox, 1 << 20), "F10000");
}

TEST(ObjectIdTest, IsReadBackInOneFormOnly) {
  EXPECT_EQ(parse_object_id(IdKind::Email, "M1A"), 42);
  for (const char* wrong : {"", "M", "T1A", "m1a", "M01A", "M1a", "M1A "}) {
    EXPECT_FALSE(parse_object_id(IdKind::Email, wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mail::store
