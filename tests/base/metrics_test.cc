#include "base/metrics.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/file.h"
#include "base/metrics_text.h"
#include "tests/support/temp_dir.h"

namespace mail {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).contains("\n" + line + "\n");
}

TEST(MetricsTest, CountsNothingBeforeTheyAreOpened) {
  count(Metric::Connections, "smtp");
  observe(Metric::AttemptTime, kSecond, "local");
  set_gauge(Metric::ConnectionsOpen, 3);
}

TEST(MetricsTest, AddsUpWhatParentChildrenAndThreadsCount) {
  const TempDir folder;
  const Metrics metrics(folder.path(), "smtpd");
  count(Metric::Connections, "smtp");
  const pid_t child = ::fork();
  if (child == 0) {
    use_metrics_column(3);
    count(Metric::Connections, "smtp", 4);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  std::thread([] { count(Metric::Connections, "smtp"); }).join();
  EXPECT_TRUE(has_line(
      prometheus_text(folder.path()),
      R"(staunch_connections_total{program="smtpd",socket="smtp"} 6)"));
}

TEST(MetricsTest, CountsAnUnknownLabelAsOther) {
  const TempDir folder;
  const Metrics metrics(folder.path(), "queue-runner");
  count(Metric::Bounced, "no such reason");
  EXPECT_TRUE(has_line(
      prometheus_text(folder.path()),
      R"(staunch_bounced_total{program="queue-runner",reason="other"} 1)"));
}

TEST(MetricsTest, TellsOneCounterOfADaemonThatRuns) {
  const TempDir folder;
  {
    const Metrics metrics(folder.path(), "queue-runner");
    count(Metric::Delivered, "local", 3);
    count(Metric::Delivered, "remote");
    count(Metric::Bounced, "no such reason");
    EXPECT_EQ(counted(folder.path(), "queue-runner", Metric::Delivered), 4);
    EXPECT_EQ(counted(folder.path(), "queue-runner", Metric::Bounced), 1);
  }
  EXPECT_FALSE(counted(folder.path(), "queue-runner", Metric::Delivered));
  EXPECT_FALSE(counted(folder.path(), "imapd", Metric::Delivered));
}

TEST(MetricsTest, PrintsHistogramsAddedUpFromBelow) {
  const TempDir folder;
  const Metrics metrics(folder.path(), "queue-runner");
  observe(Metric::AttemptTime, 1500, "remote");
  observe(Metric::AttemptTime, 2 * kSecond, "remote");
  observe(Metric::AttemptTime, 365 * kDay, "remote");
  const std::string text = prometheus_text(folder.path());
  const std::string name = "staunch_attempt_seconds";
  const std::string label = R"(program="queue-runner",where="remote")";
  for (const auto& [bound, count] :
       {std::pair{"0.001", "0"}, {"0.0025", "1"}, {"1", "1"}, {"2.5", "2"},
        {"86400", "2"}, {"+Inf", "3"}}) {
    EXPECT_TRUE(has_line(text, name + "_bucket{" + label + ",le=\"" + bound +
                                   "\"} " + count))
        << bound << text;
  }
  EXPECT_TRUE(has_line(text, name + "_count{" + label + "} 3"));
  EXPECT_TRUE(has_line(text, name + "_sum{" + label + "} 31536002"));
}

TEST(MetricsTest, SetsGaugesAlsoBelowZero) {
  const TempDir folder;
  const Metrics metrics(folder.path(), "queue-runner");
  set_gauge(Metric::Sites, 7, "dead");
  set_gauge(Metric::Sites, -2, "dead");
  EXPECT_TRUE(
      has_line(prometheus_text(folder.path()),
               R"(staunch_sites{program="queue-runner",state="dead"} -2)"));
}

TEST(MetricsTest, KnowsWhoIsNoMore) {
  const TempDir folder;
  {
    const Metrics metrics(folder.path(), "imapd");
    count(Metric::Connections, "imap");
    EXPECT_TRUE(has_line(prometheus_text(folder.path()),
                         R"(staunch_up{program="imapd"} 1)"));
  }
  const std::string text = prometheus_text(folder.path());
  EXPECT_TRUE(has_line(text, R"(staunch_up{program="imapd"} 0)"));
  EXPECT_FALSE(text.contains(R"({program="imapd",)"));
}

TEST(MetricsTest, BeginsAnewWithItsDaemon) {
  const TempDir folder;
  { const Metrics old(folder.path(), "imapd"); count(Metric::Logins); }
  const Metrics metrics(folder.path(), "imapd");
  EXPECT_TRUE(has_line(
      prometheus_text(folder.path()),
      R"(staunch_connections_total{program="imapd",socket="imap"} 0)"));
}

TEST(MetricsTest, PassesOverWhatIsNoSuchFile) {
  const TempDir folder;
  replace_file(folder.path() + "/smtpd.metrics", "rubbish", 0600);
  replace_file(folder.path() + "/authd.metrics",
               std::string(metrics_file_size(), 'x'), 0600);
  replace_file(folder.path() + "/bad\"name.metrics", "", 0600);
  make_folders(folder.path() + "/imapd.metrics", 0700);
  const std::string text = prometheus_text(folder.path());
  EXPECT_TRUE(has_line(text, "# smtpd counts with another version"));
  EXPECT_TRUE(has_line(text, "# authd counts with another version"));
  EXPECT_FALSE(text.contains("bad"));
}

TEST(MetricsTest, DoesWithoutWhereNoFileCanBeMade) {
  testing::internal::CaptureStderr();
  const Metrics metrics("/nowhere/at/all", "smtpd");
  count(Metric::Connections, "smtp");
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains("no-metrics"));
}

TEST(MetricsTest, NamesTheSubjectOfAStatusCode) {
  EXPECT_EQ(status_subject("5.1.1"), "address");
  EXPECT_EQ(status_subject("4.7.0"), "policy");
  EXPECT_EQ(status_subject(""), "other");
  EXPECT_EQ(status_subject("5.9.9"), "other");
  EXPECT_EQ(status_subject("rubbish"), "other");
}

}  // namespace
}  // namespace mail
