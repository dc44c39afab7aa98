#include "dns/unbound_resolver.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"

namespace mail::dns {
namespace {

using namespace std::chrono_literals;

// A UDP server on loopback that never answers, for the deadline.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&address),
                  &size);
    port_ = ntohs(address.sin_port);
  }
  std::string address() const {
    return "127.0.0.1@" + std::to_string(port_);
  }

 private:
  Fd socket_;
  std::uint16_t port_ = 0;
};

TEST(UnboundResolverTest, SaysTryLaterAtTheDeadline) {
  const SilentServer server;
  UnboundResolver resolver({server.address()}, 150ms);
  const Micros start = steady_time();
  const auto answer = resolver.a("example.org");
  EXPECT_TRUE(answer.later());
  EXPECT_EQ(answer.why, "no answer in time");
  EXPECT_LT(steady_time() - start, 5 * kSecond);
}

TEST(UnboundResolverTest, AnswersSideBySide) {
  const SilentServer server;
  UnboundResolver resolver({server.address()}, 300ms);
  const Micros start = steady_time();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_TRUE(resolver.mx("d" + std::to_string(i) + ".org").later());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LT(steady_time() - start, 2 * kSecond);
}

TEST(UnboundResolverTest, KnowsWithoutTheNetworkWhatDoesNotExist) {
  const SilentServer server;
  UnboundResolver resolver({server.address()}, 2s);
  const auto answer = resolver.a("host.invalid");
  EXPECT_TRUE(answer.none());
  EXPECT_TRUE(answer.no_such_name);
}

TEST(UnboundResolverTest, ReadsTheRecordsOfAnAnswer) {
  const SilentServer server;
  UnboundResolver resolver({server.address()}, 2s);
  // The library knows this zone by itself (RFC 6303).
  const auto answer = resolver.ptr("127.0.0.1");
  ASSERT_TRUE(answer.found()) << answer.why;
  EXPECT_EQ(answer.records.at(0), "localhost");
  EXPECT_TRUE(resolver.mx("localhost").none());
}

TEST(UnboundResolverTest, RefusesWhatIsNoName) {
  UnboundResolver resolver({}, 1s);
  EXPECT_TRUE(resolver.a("").none());
  EXPECT_TRUE(resolver.a("a..b").none());
}

}  // namespace
}  // namespace mail::dns
