#include "config/load.h"

#include "base/file.h"
#include "base/process.h"
#include "config/table.h"
#include "tests/support/temp_dir.h"

namespace mail::config {
namespace {

std::string why(std::string_view text) {
  const auto settings = parse(text);
  return settings ? "" : settings.error().why;
}

TEST(LoadTest, HostnameAloneIsEnough) {
  const auto settings = parse("hostname = \"mx.example.org\"\n");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->hostname, "mx.example.org");
  EXPECT_EQ(settings->spool(), "/var/lib/staunch/spool");
  EXPECT_EQ(settings->authd_socket(), "/var/lib/staunch/run/authd");
}

TEST(LoadTest, ReadsEveryType) {
  const auto settings = parse(
      "hostname = \"mx.example.org\"\n"
      "threads = 7\n"
      "auth_on_loopback = true\n"
      "smtp_relay_networks = [\"10.0.0.0/8\", \"2001:db8::/32\"]\n"
      "listen = [\"smtp=127.0.0.1:25\", \"imaps=[::1]:993\","
      " \"lmtp=/run/x/lmtp\"]\n");
  ASSERT_TRUE(settings) << settings.error().why;
  EXPECT_EQ(settings->threads, 7);
  EXPECT_TRUE(settings->auth_on_loopback);
  EXPECT_EQ(settings->smtp_relay_networks.size(), 2u);
  ASSERT_EQ(settings->listen.size(), 3u);
  EXPECT_EQ(settings->listen[1].address, "::1");
  EXPECT_EQ(settings->listen[1].port, 993);
  EXPECT_EQ(settings->listen[2].address, "/run/x/lmtp");
}

TEST(LoadTest, ReportsAllMistakesAtOnceWithTheirLines) {
  EXPECT_EQ(why("hostname = \"not a host\"\n"
                "treads = 7\n"
                "smtp_timeout = \"soon\"\n"
                "\n"
                "smtp_hops = 5\n"
                "listen = [\"smtp=127.0.0.1:25\",\n"
                "  \"imap=localhost:143\", \"gopher=127.0.0.1:70\"]\n"),
            "mail.toml:1: hostname: \"not a host\" is not a host name\n"
            "mail.toml:2: there is no setting \"treads\"; did you mean "
            "\"threads\"?\n"
            "mail.toml:3: smtp_timeout: must be a number\n"
            "mail.toml:5: smtp_hops: must be from 10 to 1000\n"
            "mail.toml:7: listen: \"imap=localhost:143\" is not of the form "
            "NAME=ADDRESS:PORT or NAME=/PATH\n"
            "mail.toml:7: listen: there is no service \"gopher\"");
}

TEST(LoadTest, NamesTheRouteThatIsWrong) {
  EXPECT_EQ(why("hostname = \"mx.example.org\"\n"
                "routes = [\"a.test mx\", \"b.test [h.test] login=main\", "
                "\".c.test mx, [h.test]:0, mx\"]\n"
                "relayhost = \"retry=0 [h.test]\"\n"),
            "mail.toml:2: routes: b.test: login= needs tls=required, "
            "verified or implicit\n"
            "mail.toml:2: routes: .c.test: \"[h.test]:0\": \":0\" is not a "
            "port such as :587\n"
            "mail.toml:3: relayhost: retry= wants seconds from 1 to 86400");
}

TEST(LoadTest, NamesTheLineOfBadToml) {
  EXPECT_TRUE(why("hostname = \"a.example\"\nthreads = = 3\n")
                  .starts_with("mail.toml:2: "));
}

TEST(LoadTest, WantsAHostname) {
  EXPECT_EQ(why(""), "mail.toml:1: hostname must be set");
}

TEST(LoadTest, WantsKeyAndCertificateTogether) {
  EXPECT_EQ(why("hostname = \"a.example\"\ntls_key = \"k\"\n"),
            "mail.toml:2: tls_certificate and tls_key go together");
  EXPECT_EQ(why("hostname = \"a.example\"\n\ntls_certificate = \"c\"\n"
                "workers = 70\n"),
            "mail.toml:3: tls_certificate and tls_key go together\n"
            "mail.toml:4: workers: must be from 0 to 64");
}

TEST(LoadTest, NamesTheLineOfWhatWantsAnotherSetting) {
  EXPECT_EQ(why("hostname = \"a.example\"\n\ndns_local_only = true\n"),
            "mail.toml:3: dns_local_only wants dns_records");
}

TEST(LoadTest, NoSocketAndNoNetworkTwice) {
  EXPECT_EQ(why("hostname = \"a.example\"\nlisten = [\n"
                "  \"smtp=127.0.0.1:25\", \"imap=127.0.0.1:143\",\n"
                "  \"smtp=[::1]:25\", \"imap=127.0.0.1:25\"]\n"),
            "mail.toml:4: listen: \"imap=127.0.0.1:25\" is what smtp has "
            "already");
  EXPECT_EQ(why("hostname = \"a.example\"\n"
                "connections_for = [\"10.0.0.0/8=5\", \"10.0.0.0/9=6\","
                " \"10.0.0.0/8=5\"]\n"),
            "mail.toml:2: connections_for: 10.0.0.0/8 is there twice");
}

TEST(LoadTest, LimitsForSomeAddressesAreLimitsAsAllAre) {
  const auto with = [](const std::string& text) {
    return why("hostname = \"a.example\"\nconnections_for = [\"" + text +
               "\"]\n");
  };
  EXPECT_EQ(with("127.0.0.1=1"), "");
  EXPECT_EQ(with("10.0.0.0/8=1000000"), "");
  EXPECT_EQ(with("127.0.0.1=0"),
            "mail.toml:2: connections_for: \"127.0.0.1=0\" must give from 1 "
            "to 1000000 connections");
  EXPECT_NE(with("127.0.0.1=99999999"), "");
  EXPECT_NE(with("127.0.0.1=-1"), "");
  EXPECT_NE(with("127.0.0.1"), "");
}

TEST(LoadTest, ARunningDaemonKeepsItsPlaces) {
  const TempDir dir;
  const std::string path = dir.path() + "/mail.toml";
  replace_file(path, "hostname = \"a.example\"\ndata = \"/one\"\n", 0600);
  const Settings running = load(path);
  replace_file(path,
               "hostname = \"b.example\"\ndata = \"/two\"\nsenders = 8\n"
               "listen = [\"imap=127.0.0.1:9\"]\nthreads = 3\n",
               0600);
  const Settings now = load_again(path, running);
  EXPECT_EQ(now.hostname, "b.example");
  EXPECT_EQ(now.threads, 3);
  EXPECT_EQ(now.data, "/one");
  EXPECT_EQ(now.senders, running.senders);
  EXPECT_TRUE(now.listen.empty());
}

TEST(LoadTest, RefusesSubtablesAndFloats) {
  EXPECT_NE(why("hostname = \"a.example\"\nthreads = 1.5\n"), "");
  EXPECT_NE(why("hostname = \"a.example\"\n[threads]\na = 1\n"), "");
  EXPECT_NE(why("hostname = \"a.example\"\n[smtp]\nthreads = 1\n"), "");
}

TEST(LoadTest, CountsRelativePathsFromTheFilesFolder) {
  const TempDir folder;
  const std::string path = folder.path() + "/mail.toml";
  replace_file(path,
               "hostname = \"a.example\"\ndata = \".\"\n"
               "tls_certificate = \"tls/c.pem\"\ntls_key = \"/k.pem\"\n",
               0600);
  const Settings settings = load(path);
  EXPECT_EQ(settings.data, folder.path());
  EXPECT_EQ(settings.tls_certificate, folder.path() + "/tls/c.pem");
  EXPECT_EQ(settings.tls_key, "/k.pem");
}

int code_of(const std::string& path) {
  try {
    load(path);
  } catch (const Exit& exit) {
    return exit.code();
  }
  return 0;
}

TEST(LoadTest, ExitsWithTheCodesOfSysexits) {
  const TempDir folder;
  EXPECT_EQ(code_of(folder.path() + "/absent"), 66);
  replace_file(folder.path() + "/bad", "x = 1\n", 0600);
  EXPECT_EQ(code_of(folder.path() + "/bad"), 78);
}

TEST(TableTest, ShowsValuesAsTheyStandInTheFile) {
  Settings settings;
  settings.hostname = "mx.example.org";
  settings.listen = {{"smtp", "::1", 25}, {"lmtp", "/run/l\"x", 0}};
  std::string text;
  for (const Setting& setting : all_settings()) {
    text += std::string(setting.name) + " = " + show(settings, setting) + "\n";
  }
  const auto again = parse(text);
  ASSERT_TRUE(again) << again.error().why;
  for (const Setting& setting : all_settings()) {
    EXPECT_EQ(show(*again, setting), show(settings, setting));
  }
}

TEST(TableTest, DefaultsAreWithinTheirLimits) {
  const Settings defaults;
  for (const Setting& setting : all_settings()) {
    const auto* field =
        std::get_if<std::int64_t Settings::*>(&setting.field);
    if (!field) continue;
    EXPECT_GE(defaults.**field, setting.least) << setting.name;
    EXPECT_LE(defaults.**field, setting.most) << setting.name;
  }
}

TEST(TableTest, SuggestsNothingForWordsThatAreFarOff) {
  EXPECT_EQ(similar_setting("smtp_mesage_size"), "smtp_message_size");
  EXPECT_FALSE(similar_setting("colour"));
}

TEST(ParseListenTest, RefusesWhatCannotBeBound) {
  for (const auto* text :
       {"smtp", "smtp=", "smtp=127.0.0.1", "smtp=127.0.0.1:0",
        "smtp=127.0.0.1:65536", "smtp=::1:25", "smtp=[127.0.0.1]:25",
        "=127.0.0.1:25", "smtp=relative/path", "smtp=127.0.0.1:2x"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

TEST(LoadTest, FindsTheLineOfASettingAndOfAnItem) {
  constexpr std::string_view kText =
      "hostname = \"a.test\"\ntls_more = [\n  \"a b\",\n  \"c d\"]\n";
  EXPECT_EQ(line_of(kText, "tls_more", 0), 3U);
  EXPECT_EQ(line_of(kText, "tls_more", 1), 4U);
  EXPECT_EQ(line_of(kText, "tls_more", 9), 2U);
  EXPECT_EQ(line_of(kText, "hostname"), 1U);
  EXPECT_EQ(line_of(kText, "absent"), 1U);
  EXPECT_EQ(line_of("= no TOML", "absent"), 1U);
}

}  // namespace
}  // namespace mail::config
