#include "mime/message_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace mail::mime {
namespace {

struct MessageFileTest : testing::Test {
  Fd committed(std::string_view message, std::string_view envelope) {
    Fd file = open_file(dir.path() + "/m", O_RDWR | O_CREAT | O_TRUNC, 0600);
    MessageWriter writer(file);
    writer.write(message);
    writer.commit(envelope, open_folder(dir.path()));
    return file;
  }
  TempDir dir;
};

TEST_F(MessageFileTest, GivesBackWhatWasCommitted) {
  const std::string body(200'000, 'x');
  const Fd file = committed(body, "to=a\n");
  const auto footer = read_footer(file);
  ASSERT_TRUE(footer);
  EXPECT_EQ(footer->message_length, 200'000);
  EXPECT_EQ(read_envelope(file, *footer), "to=a\n");
  EXPECT_TRUE(verify(file, *footer));
}

TEST_F(MessageFileTest, KnowsEveryTornFile) {
  const Fd file = committed("hello\r\n", "to=a\n");
  const std::string whole = file.read_at(0, 1000);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Fd torn =
        open_file(dir.path() + "/t", O_RDWR | O_CREAT | O_TRUNC, 0600);
    torn.write(whole.substr(0, size));
    EXPECT_FALSE(read_footer(torn)) << size;
  }
}

TEST_F(MessageFileTest, KnowsEveryChangedByte) {
  const Fd file = committed("hello\r\n", "to=a\n");
  for (std::int64_t at = 0; at < file.size(); ++at) {
    const std::string old = file.read_at(at, 1);
    file.write_at(std::string(1, static_cast<char>(old[0] ^ 1)), at);
    const auto footer = read_footer(file);
    const bool padding = at >= file.size() - 8 && at < file.size() - 4;
    EXPECT_EQ(footer && verify(file, *footer), padding) << at;
    file.write_at(old, at);
  }
}

TEST_F(MessageFileTest, AnAbandonedFileIsEmpty) {
  const Fd file = open_file(dir.path() + "/m", O_RDWR | O_CREAT, 0600);
  MessageWriter writer(file);
  writer.write(std::string(100'000, 'x'));
  writer.abandon();
  EXPECT_EQ(file.size(), 0);
}

}  // namespace
}  // namespace mail::mime
