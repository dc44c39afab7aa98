#include "net/listen.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/process.h"
#include "tests/support/temp_dir.h"

namespace mail::net {
namespace {

// Runs `body` in a child, where it may put descriptors anywhere.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(guarded("test", body));
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ListenTest, BindsAddressesAndPaths) {
  TempDir dir;
  const auto sockets =
      listeners({"smtp", "lmtp"}, {{"smtp", "127.0.0.1", 0},
                                   {"smtp", "::1", 0},
                                   {"imap", "127.0.0.1", 0},
                                   {"lmtp", dir.path() + "/lmtp", 0}});
  ASSERT_EQ(sockets.size(), 3U);
  EXPECT_GT(bound_port(sockets[0].socket), 0);
  EXPECT_GT(bound_port(sockets[1].socket), 0);
  EXPECT_EQ(sockets[2].name, "lmtp");
  EXPECT_EQ(::access((dir.path() + "/lmtp").c_str(), F_OK), 0);
}

int option(const Fd& socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(socket.number(), level, name, &value, &size);
  return value;
}

TEST(ListenTest, AcceptedConnectionsNoticeAPeerThatVanished) {
  const auto sockets = listeners({"imap"}, {{"imap", "127.0.0.1", 0}});
  const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(bound_port(sockets[0].socket));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(client.number(), reinterpret_cast<sockaddr*>(&address),
                      sizeof address),
            0);
  pollfd ready{sockets[0].socket.number(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 5000), 1);
  const Fd taken(::accept(sockets[0].socket.number(), nullptr, nullptr));
  ASSERT_TRUE(taken);
  EXPECT_EQ(option(taken, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(taken, IPPROTO_TCP, TCP_KEEPIDLE), 300);
  EXPECT_EQ(option(taken, IPPROTO_TCP, TCP_KEEPINTVL), 60);
  EXPECT_EQ(option(taken, IPPROTO_TCP, TCP_KEEPCNT), 5);
  EXPECT_NE(option(taken, IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(ListenTest, TakesTheSocketFileOfADeadProcess) {
  TempDir dir;
  const Endpoint endpoint{"lmtp", dir.path() + "/lmtp", 0};
  {
    const Listener first = listen_at(endpoint);
  }
  EXPECT_NO_THROW(listen_at(endpoint));
}

TEST(ListenTest, SaysWhatIsWrong) {
  EXPECT_THROW(listeners({"smtp"}, {}), Exit);
  EXPECT_THROW(listeners({"smtp"}, {{"smtp", "localhost", 25}}), Exit);
  const Listener taken = listen_at({"smtp", "127.0.0.1", 0});
  const std::uint16_t port = bound_port(taken.socket);
  EXPECT_THROW(listen_at({"smtp", "127.0.0.1", port}), Fault);
}

TEST(ListenTest, HandsSocketsOverByName) {
  EXPECT_EQ(0, in_child([] {
              std::vector<Listener> sockets;
              for (const char* name : {"smtp", "submission", "smtp"}) {
                sockets.push_back(listen_at({name, "127.0.0.1", 0}));
              }
              std::vector<std::uint16_t> ports;
              for (const Listener& socket : sockets) {
                ports.push_back(bound_port(socket.socket));
              }
              hand_over(sockets);
              // As exec would: what is marked to close is gone.
              for (Listener& socket : sockets) socket.socket.release();
              const auto got = listeners({"smtp", "submission"}, {});
              for (std::size_t n = 0; n < ports.size(); ++n) {
                if (bound_port(got[n].socket) != ports[n]) return 1;
              }
              if (got[1].name != "submission" || got.size() != 3) return 2;
              return ::getenv("LISTEN_FDS") == nullptr ? 0 : 3;
            }));
}

TEST(ListenTest, ASocketWithAnUnknownOrNoNameIsAnError) {
  for (const char* names : {"imap", ""}) {
    EXPECT_EQ(78, in_child([&] {
                hand_over({});
                ::setenv("LISTEN_FDS", "1", 1);
                ::setenv("LISTEN_FDNAMES", names, 1);
                listeners({"smtp"}, {{"smtp", "127.0.0.1", 0}});
                return 0;
              }));
  }
}

TEST(ListenTest, AnotherProcessesVariablesAreIgnored) {
  EXPECT_EQ(0, in_child([] {
              ::setenv("LISTEN_PID", "1", 1);
              ::setenv("LISTEN_FDS", "1", 1);
              return static_cast<int>(handed_over().size());
            }));
}

}  // namespace
}  // namespace mail::net
