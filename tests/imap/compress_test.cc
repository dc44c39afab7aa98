// COMPRESS=DEFLATE (RFC 4978) below a session.
#include <gtest/gtest.h>

#include "net/deflate.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

struct ImapCompressTest : testing::Test {
  std::string packed(std::string_view text) {
    std::string out;
    const auto write = [&](std::string_view piece) { out += piece; };
    compressor.add(text, write);
    compressor.flush(write);
    return out;
  }
  std::string unpacked(std::string_view bytes) {
    std::string out;
    const auto used = decompressor.add(bytes, out, 1 << 20);
    EXPECT_EQ(used, bytes.size());
    return out;
  }
  std::string said(std::string_view text) {
    return unpacked(client->send(packed(text)));
  }

  Site site;
  net::Compressor compressor;
  net::Decompressor decompressor;
  std::unique_ptr<SessionDriver> client = site.login("alice");
};

TEST_F(ImapCompressTest, BeginsBehindItsAnswerAndOnlyOnce) {
  EXPECT_EQ(client->send("a COMPRESS GZIP\r\n"), "a BAD unknown algorithm\r\n");
  EXPECT_EQ(client->send("b COMPRESS\r\n").substr(0, 5), "b BAD");
  EXPECT_EQ(client->send("c compress deflate\r\n"), "c OK DEFLATE begins\r\n");
  EXPECT_EQ(said("d NOOP\r\n").substr(0, 4), "d OK");
  EXPECT_EQ(said("e COMPRESS DEFLATE\r\n").substr(0, 24),
            "e NO [COMPRESSIONACTIVE]");
  EXPECT_EQ(said("f CAPABILITY\r\n").find("COMPRESS"), std::string::npos);
}

TEST_F(ImapCompressTest, CarriesMessagesBothWays) {
  client->send("a COMPRESS DEFLATE\r\n");
  std::string text = "Subject: x\r\n\r\n";
  for (int i = 0; i < 9000; ++i) text += std::to_string(i * i) + "\r\n";
  EXPECT_NE(said(append_command("b", "INBOX", text)).find("b OK [APPENDUID"),
            std::string::npos);
  said("c SELECT INBOX\r\n");
  EXPECT_NE(said("d FETCH 1 BODY.PEEK[]\r\n").find(text), std::string::npos);
}

TEST_F(ImapCompressTest, SaysGoodbyeCompressed) {
  client->send("a COMPRESS DEFLATE\r\n");
  EXPECT_EQ(unpacked(client->farewell()).substr(0, 5), "* BYE");
}

}  // namespace
}  // namespace mail::imap
