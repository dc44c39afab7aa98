#include "imap/response.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/fault.h"
#include "tests/support/session_driver.h"
#include "tests/support/temp_dir.h"

namespace mail::imap {
namespace {

struct ImapResponseTest : testing::Test {
  std::string sent() {
    out.flush();
    return output.take();
  }
  StringOutput output;
  Response out{output};
};

TEST_F(ImapResponseTest, QuotesWhatItCan) {
  out.string("a\"b\\").add(' ').string("").add(' ').string("gr\xC3\xBC");
  EXPECT_EQ(sent(), "\"a\\\"b\\\\\" \"\" {4}\r\ngr\xC3\xBC");
  out.mailbox("Entw\xC3\xBCrfe").add(' ').mailbox("a b").add(' ').mailbox("");
  EXPECT_EQ(sent(), "Entw&APw-rfe \"a b\" \"\"");
}

TEST_F(ImapResponseTest, PutsPiecesOfFilesBetween) {
  const TempDir dir;
  Fd file = open_file(dir.path() + "/f", O_RDWR | O_CREAT, 0600);
  file.write("0123456789");
  out.add("<").file(std::move(file), 2, 5).add(">").end_line();
  out.add("next").end_line();
  EXPECT_EQ(sent(), "<23456>\r\nnext\r\n");
}

TEST_F(ImapResponseTest, TakesBackALineThatFailed) {
  out.add("whole").end_line();
  out.add("half of ");
  EXPECT_TRUE(out.take_back());
  out.add("other").end_line();
  EXPECT_EQ(sent(), "whole\r\nother\r\n");
}

TEST_F(ImapResponseTest, CannotTakeBackWhatIsOnItsWay) {
  const TempDir dir;
  Fd file = open_file(dir.path() + "/f", O_RDWR | O_CREAT, 0600);
  out.add("{5}\r\n").file(std::move(file), 0, 5).end_line();
  EXPECT_THROW(out.flush(), Fault);
  EXPECT_FALSE(out.take_back());
}

}  // namespace
}  // namespace mail::imap
