// Small parts of base that fit one file: encodings, digests, files, log lines.
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/base32.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

TEST(Base32Test, SortsAsNumbersDo) {
  EXPECT_EQ(base32(0), "0");
  EXPECT_EQ(base32(31), "Z");
  EXPECT_EQ(base32(32), "10");
  EXPECT_LT(base32(999, 10), base32(1000, 10));
  EXPECT_EQ(parse_base32(base32(123456789)), 123456789u);
  EXPECT_FALSE(parse_base32("U"));
  EXPECT_FALSE(parse_base32(""));
}

TEST(Base64Test, IsStrict) {
  EXPECT_EQ(base64_encode("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_EQ(base64_decode("YW55IGNhcm5hbCBwbGVhcw=="), "any carnal pleas");
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_FALSE(base64_decode("YW55IGNhcm5hbCBwbGVhcw="));
  EXPECT_FALSE(base64_decode("YW5 5"));
}

TEST(DigestTest, GrowsWithTheData) {
  Digest digest(16);
  digest.add("ab");
  digest.add("c");
  EXPECT_EQ(digest.finish(), blake2b("abc", 16));
  EXPECT_NE(blake2b("abc", 16), blake2b("abc", 16, "key"));
  // RFC 7693 appendix A, the first bytes.
  EXPECT_EQ(hex(blake2b("abc", 64)).substr(0, 16), "ba80a53f981c4d0d");
}

TEST(FileTest, ReplacesWhole) {
  const TempDir dir;
  const std::string path = dir.path() + "/a/b";
  make_folders(dir.path() + "/a", 0700);
  replace_file(path, "one", 0600);
  replace_file(path, "two", 0600);
  EXPECT_EQ(read_file(path), "two");
  EXPECT_EQ(list_folder(dir.path() + "/a"), std::vector<std::string>{"b"});
  EXPECT_FALSE(read_file(dir.path() + "/none"));
  EXPECT_THROW((void)read_file(path, 2), Fault);
  const std::string larger(64 << 10, 'x');
  replace_file(path, larger, 0600);
  EXPECT_EQ(read_file(path, larger.size()), larger);
  EXPECT_THROW((void)read_file(path, larger.size() - 1), Fault);
  EXPECT_LT(read_file(path, 16 << 20)->capacity(), 1u << 20);
}

// A file system that knows no such wish is left in peace.
TEST(FileTest, AsksForFoldersApart) {
  const TempDir dir;
  scatter_folders(dir.path());
  const Fd folder = open_folder(dir.path());
  struct statfs about{};
  ASSERT_EQ(::fstatfs(folder.number(), &about), 0);
  int flags = 0;
  if (about.f_type != EXT4_SUPER_MAGIC) return;
  ASSERT_EQ(::ioctl(folder.number(), FS_IOC_GETFLAGS, &flags), 0);
  EXPECT_TRUE(flags & FS_TOPDIR_FL);
}

TEST(LogTest, PutsTheIdFirstAndLetsNothingBreakTheLine) {
  EXPECT_EQ(log_line("", "refused", {{"to", "a b\r\nevent=x"}, {"id", "7"}}),
            "id=7 event=refused to=\"a b??event=x\"");
  EXPECT_EQ(log_line("", "refused", {{"to", "\u009b2J\u202ex\u00fc"}}),
            "event=refused to=\"?2J?x\u00fc\"");
  EXPECT_EQ(log_line("", "refused", {{"to", "\x9b" "2Jx"}}),
            "event=refused to=\"\ufffd2Jx\"");
  EXPECT_EQ(log_line("", "refused", {{"to", "\u00fc"}}),
            "event=refused to=\u00fc");
  EXPECT_EQ(log_line("warn", "slow", {{"delay", 1.5}}),
            "event=slow level=warn delay=1.500");
}

TEST(FaultTest, KnowsAFullDisk) {
  errno = ENOSPC;
  EXPECT_THROW(throw_errno("write"), NoSpace);
  errno = EIO;
  EXPECT_THROW(throw_errno("write"), Fault);
}

}  // namespace
}  // namespace mail
