#include "admin/probe.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "tests/support/temp_dir.h"

namespace mail::admin {
namespace {

using namespace std::chrono_literals;

Fd unix_listener(const std::string& path, int type) {
  Fd socket(::socket(AF_UNIX, type, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ::bind(socket.number(), reinterpret_cast<sockaddr*>(&name), sizeof name);
  ::listen(socket.number(), 5);
  return socket;
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
