#include "directory/local_server.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sasl/link.h"
#include "tests/support/temp_dir.h"

namespace mail::directory {
namespace {

constexpr gid_t kGroup = 54321;

// Says "here" to everybody who gets in, and stops when told to.
struct Greeter : LocalServer::Handler {
  void received(std::uint64_t client, sasl::Packet packet) override {
    if (packet.fields == std::vector<std::string>{"stop"}) server->stop();
    server->send(client, {sasl::Kind::Done, packet.number, {"here"}});
  }
  void closed(std::uint64_t) override {}
  void failed(std::uint64_t, std::uint64_t, const std::string&) override {}
  LocalServer* server = nullptr;
};

bool greeted(const std::string& path, const char* word) {
  return sasl::Link(path)
      .ask({sasl::Kind::Control, 0, {word}}, std::chrono::seconds(5))
      .has_value();
}

// Whether a process of this user and these groups is answered.
bool greets(const std::string& path, uid_t user, gid_t group,
            std::vector<gid_t> more = {}) {
  const pid_t child = fork();
  if (child == 0) {
    const bool became = setgroups(more.size(), more.data()) == 0 &&
                        setgid(group) == 0 && setuid(user) == 0;
    // connect() may say no itself, by the mode of the file.
    try {
      _exit(became && greeted(path, "hello") ? 0 : 1);
    } catch (const std::exception&) {
      _exit(1);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct LocalServerTest : testing::Test {
  void serve(Admission admission, Fd listener) {
    server = std::make_unique<LocalServer>(std::move(listener),
                                           std::move(admission), greeter);
    greeter.server = server.get();
    thread = std::thread([this] { server->run(); });
  }
  void TearDown() override {
    if (!thread.joinable()) return;
    EXPECT_TRUE(greeted(path, "stop"));
    thread.join();
  }

  TempDir dir;
  std::string path = dir.path() + "/run/socket";
  Greeter greeter;
  std::unique_ptr<LocalServer> server;
  std::thread thread;
};

TEST_F(LocalServerTest, AdmitsTheGroupOfItsFolderAndNobodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become others";
  ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
  ASSERT_EQ(mkdir((dir.path() + "/run").c_str(), 0700), 0);
  ASSERT_EQ(chown((dir.path() + "/run").c_str(), 0, kGroup), 0);
  ASSERT_EQ(chmod((dir.path() + "/run").c_str(), 02775), 0);
  Fd listener = listen_alone(path, Door::Group);
  Admission admission = admit_group(listener);
  EXPECT_TRUE(admission.groups.contains(kGroup));
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);  // the second lock alone is tried
  serve(std::move(admission), std::move(listener));
  EXPECT_TRUE(greets(path, 0, 0));
  EXPECT_TRUE(greets(path, 65534, kGroup));
  EXPECT_TRUE(greets(path, 65534, 65534, {7, kGroup}));
  EXPECT_FALSE(greets(path, 65534, 65534, {7}));
}

TEST_F(LocalServerTest, AdmitsNobodyButItsUserAndRootToTheControlSocket) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become others";
  ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
  const std::string run = dir.path() + "/run";
  ASSERT_EQ(mkdir(run.c_str(), 0700), 0);
  ASSERT_EQ(chown(run.c_str(), 0, kGroup), 0);
  ASSERT_EQ(chmod(run.c_str(), 02775), 0);
  Fd listener = listen_alone(path, Door::Self);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);  // the second lock alone is tried
  serve(admit_self(), std::move(listener));
  EXPECT_TRUE(greets(path, 0, 0));
  EXPECT_FALSE(greets(path, 54322, 65534));
  EXPECT_FALSE(greets(path, 54322, kGroup, {kGroup}));
}

TEST_F(LocalServerTest, KeepsASocketToItselfInAPrivateFolder) {
  const Fd listener = listen_alone(path, Door::Group);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_TRUE(admit_group(listener).groups.empty());
}

TEST_F(LocalServerTest, TakesThePlaceOfADeadProcess) {
  { const Fd left = listen_alone(path, Door::Self); }
  serve({{geteuid()}, {}}, listen_alone(path, Door::Self));
  EXPECT_TRUE(greeted(path, "hello"));
}

}  // namespace
}  // namespace mail::directory
