// What a daemon needs of SQLite, the resolver, ICU and OpenSSL works inside
// its cage; each case runs in a child.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cage_roles.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/process.h"
#include "db/database.h"
#include "dns/make_resolver.h"
#include "net/certificate.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

struct CagedTest : testing::Test {
  CagedTest() {
    make_folders(data + "/accounts/aa/1", 0700);
    make_folders(data + "/spool/in/0", 0700);
    for (const char* name : {"/directory.db", "/credentials.db", "/queue.db",
                             "/accounts/aa/1/mail.db"}) {
      db::Database made(data + name, db::Mode::Write);
      made.run("CREATE TABLE t(x)");
    }
  }

  static int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(guarded("caged", body));
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // A transaction, a sort that is large, and checkpoints of both kinds.
  static void work_on(db::Database& db) {
    {
      db::Transaction change(db);
      for (int n = 0; n < 2000; ++n) {
        db.statement("INSERT INTO t VALUES(?)").run(std::string(1000, 'x'));
      }
      change.commit();
    }
    db.run("SELECT x FROM t ORDER BY x || random()");
    db.checkpoint_passive();
    db.checkpoint_truncate();
  }

  TempDir dir;
  const std::string data = dir.path();
};

TEST_F(CagedTest, ImapdAndDeliveryWriteAccountDatabases) {
  for (const Rights& rights : {imapd_rights(data), delivery_rights(data)}) {
    EXPECT_EQ(
        0, in_child([&] {
          close_cage(rights);
          db::Database old(data + "/accounts/aa/1/mail.db", db::Mode::Write);
          work_on(old);
          make_folders(data + "/accounts/bb/" + rights.role, 0700);
          db::Database fresh(data + "/accounts/bb/" + rights.role + "/mail.db",
                             db::Mode::Write);
          fresh.run("CREATE TABLE t(x)");
          work_on(fresh);
          replace_file(data + "/accounts/bb/modseq", "12345678", 0600);
          return 0;
        }))
        << rights.role;
  }
}

TEST_F(CagedTest, AuthdAndSchedulerWriteTheDatabaseTheyHaveOpened) {
  for (const auto& [name, rights] :
       {std::pair{"/credentials.db", authd_rights(data)},
        std::pair{"/queue.db", scheduler_rights(data)}}) {
    EXPECT_EQ(0, in_child([&] {
                db::Database db(data + name, db::Mode::Write);
                close_cage(rights);
                work_on(db);
                db::Database again(data + name, db::Mode::Write);
                work_on(again);
                return 0;
              }))
        << name;
  }
}

TEST_F(CagedTest, WhoExpandsAddressesReadsTheDirectoryAndSeesItsChanges) {
  db::Database writer(data + "/directory.db", db::Mode::Write);
  for (const Rights& rights : {smtpd_rights(data), scheduler_rights(data)}) {
    int go[2];
    ASSERT_EQ(::pipe(go), 0);
    const auto rows = [](db::Database& db) {
      db::Statement& count = db.statement("SELECT count(*) FROM t");
      count.step();
      const auto number = count.integer(0);
      count.reset();
      return number;
    };
    const auto before = rows(writer);
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(guarded("caged", [&] {
        db::Database early(data + "/directory.db", db::Mode::Read);
        close_cage(rights);
        char byte;
        if (::read(go[0], &byte, 1) != 1) return 1;
        db::Database late(data + "/directory.db", db::Mode::Read);
        if (rows(early) != before + 1) return 2;
        return rows(late) == before + 1 ? 0 : 3;
      }));
    }
    writer.run("INSERT INTO t VALUES(1)");
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << rights.role;
    ::close(go[0]);
    ::close(go[1]);
  }
}

TEST_F(CagedTest, SmtpdAsksTheDns) {
  EXPECT_EQ(0, in_child([&] {
              const auto local = dns::make_resolver(
                  {.records = "host.example. 60 IN A 192.0.2.1\n",
                   .local_only = true});
              // Nothing listens there: that is found out by sockets, in the
              // cage.
              const auto network =
                  dns::make_resolver({.servers = {"127.0.0.1@9"},
                                      .deadline = std::chrono::seconds(2)});
              close_cage(smtpd_rights(data));
              if (!local->a("host.example").found()) return 1;
              return network->a("host.example").later() ? 0 : 2;
            }));
}

TEST_F(CagedTest, OpensslMakesKeys) {
  EXPECT_EQ(0, in_child([&] {
              close_cage(smtpd_rights(data));
              return net::make_certificate({"a.example"}).key.empty() ? 1 : 0;
            }));
}

}  // namespace
}  // namespace mail
