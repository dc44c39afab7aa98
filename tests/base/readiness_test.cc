#include "base/readiness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/local_socket.h"
#include "base/supervisor.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

// A service manager's ear, and the variable that leads there.
struct ReadinessTest : testing::Test {
  void listen(const std::string& name, socklen_t length, bool abstract) {
    ear = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    auto address = *local_address(name);
    if (abstract) address.sun_path[0] = '\0';
    ASSERT_EQ(::bind(ear.number(), reinterpret_cast<sockaddr*>(&address),
                     length),
              0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  void listen() { listen(dir.path() + "/notify", sizeof(sockaddr_un), false); }
  ~ReadinessTest() override { ::unsetenv("NOTIFY_SOCKET"); }

  std::string heard() {
    char room[200];
    const ssize_t n = ::recv(ear.number(), room, sizeof room, 0);
    return n < 0 ? "" : std::string(room, static_cast<std::size_t>(n));
  }

  TempDir dir;
  Fd ear;
};

TEST_F(ReadinessTest, ReachesASocketThatIsAFile) {
  listen();
  tell_ready();
  tell_reloading();
  tell_stopping();
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_TRUE(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(ReadinessTest, ReachesAnAbstractSocket) {
  const std::string name = "@staunch-test-" + std::to_string(::getpid());
  listen(name, static_cast<socklen_t>(sizeof(sa_family_t) + name.size()),
         true);
  tell_ready();
  EXPECT_EQ(heard(), "READY=1");
}

TEST_F(ReadinessTest, SaysNothingWhereNobodyListens) {
  tell_ready();
  ::setenv("NOTIFY_SOCKET", (dir.path() + "/nobody").c_str(), 1);
  tell_ready();
  ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
  tell_ready();
  ::setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
  tell_ready();
  listen();
  keep_readiness_to_ourselves();
  tell_ready();
  EXPECT_EQ(heard(), "");
}

TEST_F(ReadinessTest, DoesNotWaitForAManagerThatDoesNotRead) {
  listen();
  for (int n = 0; n < 5000; ++n) tell_ready();
  EXPECT_EQ(heard(), "READY=1");
}

TEST_F(ReadinessTest, ASupervisorTellsOfItsLife) {
  listen();
  Supervisor supervisor;
  int reloads = 0;
  supervisor.on_hangup([&] { ++reloads; });
  supervisor.add({.name = "child",
                  .prepare = {},
                  .run = [] { return ::pause(); },
                  .argv = {}});
  supervisor.on_tick([&] {
    if (reloads == 0) ::kill(::getpid(), SIGHUP);
    if (reloads > 0) supervisor.stop();
  });
  supervisor.run();
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_TRUE(heard().starts_with("RELOADING=1\n"));
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_EQ(heard(), "STOPPING=1");
  EXPECT_EQ(heard(), "");
}

}  // namespace
}  // namespace mail
