#include "base/local_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/temp_dir.h"

namespace mail {
namespace {

constexpr int kType = SOCK_SEQPACKET | SOCK_CLOEXEC;

TEST(LocalSocketTest, ConnectsAndKnowsWhoDid) {
  const TempDir folder;
  const std::string path = folder.path() + "/s";
  const Fd listener = listen_local(path, kType, 0600);
  const Fd client = connect_local(path, kType);
  ASSERT_TRUE(client);
  const auto peer = peer_of(client);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
}

TEST(LocalSocketTest, MakesTheFileWithTheModeAsked) {
  const TempDir folder;
  const std::string path = folder.path() + "/s";
  const Fd listener = listen_local(path, kType, 0660);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
}

TEST(LocalSocketTest, ReplacesWhatADeadProcessLeft) {
  const TempDir folder;
  const std::string path = folder.path() + "/s";
  { const Fd left = listen_local(path, kType, 0600); }
  EXPECT_FALSE(connect_local(path, kType));
  EXPECT_EQ(errno, ECONNREFUSED);
  const Fd listener = listen_local(path, kType, 0600);
  EXPECT_TRUE(connect_local(path, kType));
}

TEST(LocalSocketTest, RefusesAPathTheKernelCannotTake) {
  const std::string path = "/tmp/" + std::string(200, 'x');
  EXPECT_FALSE(connect_local(path, kType));
  EXPECT_EQ(errno, ENAMETOOLONG);
  EXPECT_THROW((void)listen_local(path, kType, 0600), std::exception);
}

}  // namespace
}  // namespace mail
