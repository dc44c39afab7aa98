// The driver that feeds sessions strings does what the server does.

#include "tests/support/session_driver.h"

namespace mail {
namespace {

using std::chrono::milliseconds;

// Knows "tls", "delay", "wake" and "quit"; other lines come back.
class Parrot : public net::Session {
 public:
  explicit Parrot(net::Link& link) : link_(link) {}
  net::Wait greet(net::Output& out) override {
    out.write("hello\n");
    return net::Wait::input(milliseconds(10));
  }
  net::Wait serve(net::Input& in, net::Output& out) override {
    for (;;) {
      const std::size_t end = in.bytes().find('\n');
      if (end == std::string_view::npos) break;
      const std::string line(in.bytes().substr(0, end));
      in.use(end + 1);
      if (line == "tls") return net::Wait::tls();
      if (line == "delay") return net::Wait::delay(milliseconds(500));
      if (line == "quit") return net::Wait::close();
      if (line == "wake") link_.wake();
      out.write(line + "\n");
    }
    return net::Wait::input(milliseconds(10));
  }
  net::Wait expired(net::Output& out) override {
    out.write("late\n");
    return net::Wait::close();
  }
  void secured(const net::TlsFacts& facts) override { tls_ = facts.protocol; }
  void farewell(net::Output& out) override { out.write("bye\n"); }

 private:
  net::Link& link_;
  std::string tls_;
};

struct SessionDriverTest : testing::Test {
  SessionDriver driver{[](const net::Peer&, net::Link& link) {
                         return std::make_unique<Parrot>(link);
                       },
                       {}};
};

TEST_F(SessionDriverTest, KeepsWhatIsNotUsed) {
  EXPECT_EQ(driver.greet(), "hello\n");
  EXPECT_EQ(driver.send("a\nb"), "a\n");
  EXPECT_EQ(driver.send("c\n"), "bc\n");
}

TEST_F(SessionDriverTest, ServesWhatStandsBehindADelay) {
  EXPECT_EQ(driver.send("delay\na\n"), "a\n");
  EXPECT_EQ(driver.delayed(), milliseconds(500));
}

TEST_F(SessionDriverTest, BytesBehindTlsClose) {
  driver.send("tls\ninjected\n");
  EXPECT_TRUE(driver.closed());
  EXPECT_FALSE(driver.secure());
}

TEST_F(SessionDriverTest, SecuresClosesWakesAndExpires) {
  driver.send("tls\n");
  EXPECT_TRUE(driver.secure());
  driver.send("wake\n");
  EXPECT_TRUE(driver.awake());
  EXPECT_EQ(driver.woken(), "");
  EXPECT_FALSE(driver.awake());
  EXPECT_EQ(driver.wait(), "late\n");
  EXPECT_TRUE(driver.closed());
  EXPECT_EQ(driver.send("a\n"), "");
}

}  // namespace
}  // namespace mail
