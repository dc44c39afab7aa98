// SEARCH answers the same with the index of words as by looking at every
// message: random mail, random questions.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/ascii.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

constexpr const char* kWords[] = {
    "hello",  "Hell",   "low",   "World", "word",    "Straße",  "STRASSE",
    "naïve",  "日本語", "本",    "語学",  "invoice", "Invoice", "2026",
    "20",     "a",      "ab",    "b",     "ann",     "Ann",     "example",
    "Россия", "россия", "ﬁne",   "fine",  "x-y",     "foo_bar", "🎉",
    "d'or",   "C++",    "e-mail"};
constexpr const char* kJoints[] = {" ", " ", " ", ", ", "-", "", "\r\n", "."};

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  unsigned below(std::size_t n) { return static_cast<unsigned>(random_() % n); }
  std::string words(std::size_t most) {
    std::string out;
    for (std::size_t n = 1 + below(most); n > 0; --n) {
      out += kWords[below(std::size(kWords))];
      out += kJoints[below(std::size(kJoints))];
    }
    return out;
  }
  std::string line(std::size_t most) {
    std::string out = words(most);
    std::erase(out, '\r');
    for (char& c : out) c = c == '\n' ? ' ' : c;
    return out;
  }
  std::string body() {
    switch (below(4)) {
      case 0:
        return "Content-Type: text/html; charset=utf-8\r\n\r\n<p>" + words(8) +
               "<b>" + words(2) + "</b>&amp;" + words(3) + "</p>\r\n";
      case 1:
        return "Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
               words(8) + "\r\n--cut\r\nContent-Type: image/png; name=\"" +
               line(1) + ".png\"\r\n\r\n" + words(4) +
               "\r\n--cut\r\nContent-Type: message/rfc822\r\n\r\nSubject: " +
               line(3) + "\r\n\r\n" + words(4) + "\r\n--cut--\r\n";
      default:
        return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + words(12) +
               "\r\n";
    }
  }
  std::string message() {
    return "From: " + line(2) + " <ann@example.org>\r\nTo: " + line(2) +
           " <b@example.test>\r\n" +
           (below(3) ? "" : "Cc: " + line(1) + " <c@example.test>\r\n") +
           "Subject: " + line(4) + "\r\nX-Note: " + line(2) +
           "\r\nMIME-Version: 1.0\r\n" + body();
  }

  // A piece of what is written, also from the middle of words.
  std::string text() {
    std::string out = line(2);
    while (!out.empty() && (out.back() == ' ')) out.pop_back();
    if (below(2) && out.size() > 2) {
      const std::string part = out.substr(below(2), 1 + below(out.size()));
      if (is_utf8(part)) out = part;
    }
    std::erase(out, '"');
    return "{" + std::to_string(out.size()) + "+}\r\n" + out;
  }
  std::string key(int depth) {
    constexpr const char* kTexts[] = {
        "TEXT", "BODY", "SUBJECT",        "FROM",         "TO",
        "CC",   "BCC",  "HEADER Subject", "HEADER X-Note"};
    const unsigned kind = below(depth > 0 ? 8 : 5);
    if (kind == 0) return below(2) ? "SEEN" : "NOT FLAGGED";
    if (kind < 5) {
      return kTexts[below(std::size(kTexts))] + std::string(" ") + text();
    }
    if (kind == 5) return "NOT " + key(depth - 1);
    if (kind == 6) return "OR " + key(depth - 1) + " " + key(depth - 1);
    return "(" + key(depth - 1) + " " + key(depth - 1) + ")";
  }

 private:
  std::mt19937 random_;
};

std::string ask(SessionDriver& client, const std::string& keys) {
  const std::string answer =
      client.send("s UID SEARCH CHARSET UTF-8 " + keys + "\r\n");
  EXPECT_NE(answer.find("s OK"), answer.npos) << keys << answer;
  return answer;
}

struct ImapSearchIndexTest : testing::Test {
  void fill(SessionDriver& client, int count) {
    for (int i = 0; i < count; ++i) {
      client.send(append_command(
          "a", writer.below(2) ? "INBOX (\\Seen)" : "INBOX (\\Flagged)",
          writer.message()));
    }
  }
  std::string index_file() { return site.folder(1) + "/search.db"; }
  bool indexed() { return std::filesystem::exists(index_file()); }

  Writer writer{7};
  Site site;
};

TEST_F(ImapSearchIndexTest, AnswersLikeLookingAtEveryMessage) {
  auto client = site.login("alice");
  fill(*client, 90);
  client->send("b SELECT INBOX\r\n");
  int found = 0;
  for (int i = 0; i < 150; ++i) {
    if (i % 50 == 20) fill(*client, 3);
    if (i % 50 == 30) client->send("c NOOP\r\n");
    const std::string keys = writer.key(3);
    // A few messages at a time are never worth the index.
    std::string looked = "* SEARCH";
    for (int from = 1; from < 120; from += 20) {
      const std::string part =
          ask(*client, "UID " + std::to_string(from) + ":" +
                           std::to_string(from + 19) + " " + keys);
      const std::size_t begin = part.find("* SEARCH") + 8;
      looked += part.substr(begin, part.find("\r\n", begin) - begin);
    }
    const std::string answer = ask(*client, keys);
    EXPECT_EQ(answer.substr(0, answer.find("\r\n")), looked) << keys;
    found += looked.size() > 8;
  }
  EXPECT_TRUE(indexed());
  EXPECT_GT(found, 40);
}

// One of many, asked for as programs do.
TEST_F(ImapSearchIndexTest, TakesLongChainsOfOr) {
  auto client = site.login("alice");
  fill(*client, 60);
  client->send("b SELECT INBOX\r\n");
  std::string right;
  std::string left;
  for (int i = 0; i < 1'000; ++i) {
    right += "OR HEADER Message-ID <" + std::to_string(i) + "@x> ";
    left += "OR ";
  }
  left += "SUBJECT nothing-of";
  for (int i = 0; i < 1'000; ++i) left += " FROM nobody-is";
  EXPECT_EQ(ask(*client, right + "SEEN"), ask(*client, "SEEN"));
  EXPECT_EQ(ask(*client, left), "* SEARCH\r\ns OK done\r\n");
  EXPECT_NE(client->send("s SEARCH " + right + right + right + right + "ALL" +
                         "\r\n")
                .find("s NO [LIMIT]"),
            std::string::npos);
}

TEST_F(ImapSearchIndexTest, CostsNothingWhenItIsDamagedOrLost) {
  auto client = site.login("alice");
  fill(*client, 60);
  client->send("b SELECT INBOX\r\n");
  const std::string wanted = ask(*client, "TEXT hell");
  ASSERT_TRUE(indexed());
  const auto size = std::filesystem::file_size(index_file());
  for (std::size_t at = 0; at < size; at += 1'024) {
    site.accounts().close_idle();
    {
      std::fstream file(index_file(),
                        std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(512, '\xA5');
    }
    EXPECT_EQ(ask(*client, "TEXT hell"), wanted) << at;
    EXPECT_EQ(ask(*client, "TEXT hell"), wanted) << at;
  }
  site.accounts().close_idle();
  std::filesystem::remove(index_file());
  EXPECT_EQ(ask(*client, "TEXT hell"), wanted);
  site.accounts().close_idle();
  std::filesystem::remove(index_file());
  std::filesystem::create_directory(index_file());
  EXPECT_EQ(ask(*client, "TEXT hell"), wanted);
}

TEST_F(ImapSearchIndexTest, StillShowsWhatOthersHaveExpunged) {
  auto client = site.login("alice");
  fill(*client, 40);
  client->send(append_command("a", "INBOX", "Subject: zebra\r\n\r\nstripes"));
  client->send("b SELECT INBOX\r\n");
  EXPECT_NE(ask(*client, "BODY zebra").find("* SEARCH\r\n"), std::string::npos);
  EXPECT_NE(ask(*client, "BODY stripe").find("* SEARCH 41\r\n"),
            std::string::npos);
  auto other = site.login("alice");
  other->send("b SELECT INBOX\r\n");
  other->send("c UID STORE 41 +FLAGS (\\Deleted)\r\n");
  other->send("d EXPUNGE\r\n");
  EXPECT_NE(client->send("e SEARCH BODY stripe\r\n").find("* SEARCH 41\r\n"),
            std::string::npos);
  client->send("f NOOP\r\n");
  EXPECT_NE(client->send("g SEARCH BODY stripe\r\n").find("* SEARCH\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace mail::imap
