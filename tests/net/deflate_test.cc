#include "net/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "net/deflate_session.h"
#include "tests/support/session_driver.h"

namespace mail::net {
namespace {

// The other side: one stream in each direction, as zlib does it.
class Peer {
 public:
  Peer() {
    deflateInit2(&out_, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    inflateInit2(&in_, -15);
  }
  ~Peer() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }

  std::string pack(std::string_view text, int flush = Z_SYNC_FLUSH) {
    return run(out_, text, [&](z_stream* z) { return deflate(z, flush); });
  }
  std::string unpack(std::string_view text) {
    return run(in_, text, [](z_stream* z) { return inflate(z, Z_SYNC_FLUSH); });
  }

 private:
  template <class Step>
  std::string run(z_stream& z, std::string_view text, Step step) {
    std::string out, piece(4096, '\0');
    z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    do {
      z.next_out = reinterpret_cast<Bytef*>(piece.data());
      z.avail_out = static_cast<uInt>(piece.size());
      step(&z);
      out += piece.substr(0, piece.size() - z.avail_out);
    } while (z.avail_out == 0);
    return out;
  }

  z_stream out_{}, in_{};
};

// Says every line back; "pack" begins compression.
struct Parrot : Session {
  Wait greet(Output& out) override {
    out.write("hello\r\n");
    return Wait::input({});
  }
  Wait serve(Input& in, Output& out) override {
    for (;;) {
      const std::size_t end = in.bytes().find('\n');
      if (end == in.bytes().npos) {
        return in.ended() ? Wait::close() : Wait::input({});
      }
      const std::string line(in.bytes().substr(0, end + 1));
      in.use(end + 1);
      if (line == "quit\n") return Wait::close();
      out.write(line);
      if (line == "pack\n") return Wait::deflate();
    }
  }
  Wait expired(Output& out) override {
    out.write("late\n");
    return Wait::close();
  }
  void secured(const TlsFacts&) override {}
  void farewell(Output& out) override { out.write("bye\n"); }
};

struct DeflateTest : testing::Test {
  void begin() {
    driver.greet();
    EXPECT_EQ(driver.send("pack\n"), "pack\n");
  }
  std::string said(std::string_view text, int flush = Z_SYNC_FLUSH) {
    return peer.unpack(driver.send(peer.pack(text, flush)));
  }

  Peer peer;
  Compressors compressors;
  DeflateSession* session = nullptr;
  SessionDriver driver{[this](const net::Peer&, Link&) {
                         auto made = std::make_unique<DeflateSession>(
                             std::make_unique<Parrot>(), compressors);
                         session = made.get();
                         return made;
                       },
                       {}};
};

TEST_F(DeflateTest, AnswersEachPieceAtOnce) {
  begin();
  EXPECT_EQ(said("one\n"), "one\n");
  EXPECT_EQ(said("two\nthree\n"), "two\nthree\n");
  EXPECT_EQ(said("half"), "");
  EXPECT_EQ(said(" a line\n"), "half a line\n");
}

TEST_F(DeflateTest, TakesWhatCameBehindTheCommandAsCompressed) {
  driver.greet();
  const std::string answer = driver.send("pack\n" + peer.pack("one\n"));
  EXPECT_EQ(answer.substr(0, 5), "pack\n");
  EXPECT_EQ(peer.unpack(answer.substr(5)), "one\n");
}

TEST_F(DeflateTest, KeepsTheHistoryBetweenTurns) {
  begin();
  std::string line;
  for (int i = 0; i < 5000; ++i) line += std::to_string(i) + ' ';
  line += '\n';
  EXPECT_EQ(said(line), line);
  const std::string again = peer.pack(line);
  EXPECT_LT(again.size(), line.size() / 50);  // it refers back
  EXPECT_EQ(peer.unpack(driver.send(again)), line);
}

TEST_F(DeflateTest, GoesOnWithinAByte) {
  begin();
  for (int i = 0; i < 50; ++i) {
    const std::string line = std::string(static_cast<std::size_t>(i), 'a') +
                             std::to_string(i) + '\n';
    EXPECT_EQ(said(line, Z_PARTIAL_FLUSH), line) << i;
  }
}

TEST_F(DeflateTest, TakesAStreamByteByByte) {
  begin();
  std::string got;
  for (const char c :
       peer.pack("some\nlines\n" + std::string(300, 'x') + '\n')) {
    got += driver.send(std::string_view(&c, 1));
  }
  EXPECT_EQ(peer.unpack(got), "some\nlines\n" + std::string(300, 'x') + '\n');
}

TEST_F(DeflateTest, UnpacksManyBytesFromFew) {
  begin();
  std::string lines;
  for (int i = 0; i < 1'000'000; ++i) lines += "ab\n";
  const std::string packed = peer.pack(lines);
  EXPECT_LT(packed.size(), 20'000u);
  EXPECT_EQ(peer.unpack(driver.send(packed)), lines);
}

TEST_F(DeflateTest, EndsWithBytesThatAreNoStream) {
  begin();
  driver.send("NOOP\r\nNOOP\r\n");
  EXPECT_TRUE(driver.closed());
}

TEST_F(DeflateTest, AnswersWhatCameBeforeTheStreamsOwnEnd) {
  begin();
  const std::string last = peer.pack("one\ntwo\n", Z_FINISH);
  EXPECT_EQ(peer.unpack(driver.send(last + "no more")), "one\ntwo\n");
  EXPECT_TRUE(driver.closed());
}

TEST_F(DeflateTest, CompressesItsLastWords) {
  begin();
  EXPECT_EQ(peer.unpack(driver.wait()), "late\n");
  EXPECT_TRUE(driver.closed());
}

// What waits costs the history of what the client has said, no more.
TEST_F(DeflateTest, CostsLittleWhileItWaits) {
  begin();
  said("a1 SELECT INBOX\n");
  EXPECT_LE(session->memory(), 64u);
  std::string much;
  for (int i = 0; i < 20'000; ++i) much += std::to_string(i) + '\n';
  said(much);
  EXPECT_LE(session->memory(), std::size_t{33} << 10);
}

}  // namespace
}  // namespace mail::net
