#include "admin/probe.h"

#include <sys/socket.h>

#include "base/fd.h"
#include "base/local_socket.h"
#include "tests/support/temp_dir.h"

namespace mail::admin {
namespace {

using namespace std::chrono_literals;

Fd unix_listener(const std::string& path, int type) {
  return listen_local(path, type, 0600);
}

TEST(ProbeTest, SeesWhoListensWhateverTheType) {
  const TempDir folder;
  const Fd packets = unix_listener(folder.path() + "/p", SOCK_SEQPACKET);
  const Fd stream = unix_listener(folder.path() + "/s", SOCK_STREAM);
  EXPECT_TRUE(anybody_at(folder.path() + "/p"));
  EXPECT_TRUE(anybody_at(folder.path() + "/s"));
  EXPECT_FALSE(anybody_at(folder.path() + "/absent"));
}

TEST(ProbeTest, WaitsForTheGreetingWhereThereIsOne) {
  const TempDir folder;
  const std::string path = folder.path() + "/lmtp";
  const Fd listener = unix_listener(path, SOCK_STREAM);
  EXPECT_FALSE(answers({"lmtp", path, 0}, 50ms));
  EXPECT_TRUE(answers({"imaps", path, 0}, 50ms));
  EXPECT_FALSE(answers({"imaps", folder.path() + "/absent", 0}, 50ms));
}

}  // namespace
}  // namespace mail::admin
