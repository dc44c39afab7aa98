#include "spool/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/file.h"
#include "spool/shelves.h"
#include "tests/support/temp_dir.h"

namespace mail::spool {
namespace {

struct SpoolTest : testing::Test {
  SpoolTest() { make_spool(dir.path()); }

  std::string path(std::string_view id) const {
    return dir.path() + "/in/" + shard(id) + "/" + std::string(id);
  }
  std::string commit(Micros now) {
    auto draft = writer.create(now, 0);
    draft->write("Subject: x\r\n\r\nhello\r\n");
    Envelope envelope;
    envelope.sender = "ann@example.org";
    envelope.recipients = {{"bob@example.test", {}, {}}};
    draft->commit(envelope);
    return draft->id();
  }
  void put(std::string_view id, std::string_view bytes) {
    open_file(path(id), O_WRONLY | O_CREAT, 0600).write(bytes);
  }

  // What lies whole in in/.
  std::vector<std::string> scan(Micros now) {
    auto ids = shelves.list(Shelf::In);
    std::erase_if(ids, [&](const auto& id) {
      return !shelves.examine(id, now);
    });
    return ids;
  }

  TempDir dir;
  Writer writer{(make_spool(dir.path()), dir.path())};
  Shelves shelves{dir.path()};
};

TEST_F(SpoolTest, IdsSortByTimeAndTellIt) {
  const std::string early = make_id(1'767'225'600'000'000);
  const std::string late = make_id(1'767'225'600'001'000);
  EXPECT_LT(early, late);
  EXPECT_TRUE(is_id(early));
  EXPECT_EQ(id_time(late), 1'767'225'600'001'000);
  EXPECT_NE(make_id(0), make_id(0));
}

TEST_F(SpoolTest, KnowsWhatIsNoId) {
  EXPECT_FALSE(is_id(""));
  EXPECT_FALSE(is_id("../../../etc/passwd.......")) << "26 characters";
  EXPECT_FALSE(is_id(make_id(0) + "0"));
}

TEST_F(SpoolTest, SpreadsIdsOverAllFolders) {
  std::set<char> seen;
  for (int i = 0; i < 500; ++i) seen.insert(shard(make_id(0)));
  EXPECT_EQ(seen.size(), 16u);
}

TEST_F(SpoolTest, GivesBackWhatWasCommitted) {
  const std::string id = commit(wall_time());
  const auto item = shelves.open_verified(Shelf::In, id);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->envelope.sender, "ann@example.org");
  EXPECT_EQ(item->size(), 21);
  EXPECT_EQ(item->file.read_at(0, 21), "Subject: x\r\n\r\nhello\r\n");
}

TEST_F(SpoolTest, AMessageMayBeReadByTheGroupAndNobodyElse) {
  struct stat status {};
  ASSERT_EQ(::stat(path(commit(wall_time())).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0u);
}

TEST_F(SpoolTest, ADroppedDraftIsEmptyAndRemovedLater) {
  const Micros now = wall_time();
  std::string id;
  {
    auto draft = writer.create(now, 1 << 20);
    draft->write(std::string(100'000, 'x'));
    id = draft->id();
  }
  EXPECT_EQ(read_file(path(id)), "");
  EXPECT_TRUE(scan(now).empty());
  EXPECT_TRUE(read_file(path(id)));
  EXPECT_TRUE(scan(now + 2 * kMinute).empty());
  EXPECT_FALSE(read_file(path(id)));
}

TEST_F(SpoolTest, GivesBackReservedSpaceThatWasNotUsed) {
  auto draft = writer.create(wall_time(), 4 << 20);
  draft->write("x\r\n");
  draft->commit({});
  struct stat status {};
  ASSERT_EQ(::stat(path(draft->id()).c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(SpoolTest, NoSpaceForWhatNoDiskHolds) {
  EXPECT_FALSE(writer.has_room(std::int64_t{1} << 60, 0));
  EXPECT_TRUE(writer.has_room(0, 0));
}

TEST_F(SpoolTest, ScanFindsWhatIsWholeOldestFirst) {
  const Micros now = wall_time();
  const std::string second = commit(now);
  const std::string first = commit(now - kSecond);
  EXPECT_EQ(scan(now), (std::vector{first, second}));
}

TEST_F(SpoolTest, ScanLeavesAloneWhatIsBeingReceived) {
  const Micros now = wall_time();
  auto draft = writer.create(now - kHour, 0);
  draft->write(std::string(200'000, 'x'));
  EXPECT_TRUE(scan(now + kDay).empty());
  draft->commit({});
  EXPECT_EQ(scan(now + kDay), std::vector{draft->id()});
}

TEST_F(SpoolTest, ScanPutsTornFilesAside) {
  const Micros now = wall_time();
  const std::string id = commit(now);
  const std::string whole = *read_file(path(id));
  const std::string torn = make_id(now);
  put(torn, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(scan(now), std::vector{id});
  EXPECT_EQ(shelves.list(Shelf::Corrupt), std::vector{torn});
}

TEST_F(SpoolTest, TellsWhatIsWrongWithAFile) {
  const std::string id = commit(wall_time());
  std::string bytes = *read_file(path(id));
  const std::string torn = make_id(0);
  put(torn, "hello");
  EXPECT_EQ(shelves.open(Shelf::In, torn).error(), Flaw::Torn);
  EXPECT_EQ(shelves.open(Shelf::In, make_id(0)).error(), Flaw::Gone);
  EXPECT_EQ(shelves.open(Shelf::In, "../x").error(), Flaw::Gone);
  bytes[3] = 'X';
  put(id, bytes);
  EXPECT_TRUE(shelves.open(Shelf::In, id));
  EXPECT_EQ(shelves.open_verified(Shelf::In, id).error(), Flaw::Changed);
  bytes[21] = 'X';  // the envelope's first letter
  put(id, bytes);
  EXPECT_EQ(shelves.open(Shelf::In, id).error(), Flaw::Envelope);
}

TEST_F(SpoolTest, AFullDiskIsNoSpaceAtWriteAndAtCommit) {
  const Fd folder = open_folder(dir.path());
  Draft small(make_id(1), open_file("/dev/full", O_WRONLY), folder);
  small.write("x\r\n");
  EXPECT_THROW(small.commit({}), NoSpace);
  Draft large(make_id(2), open_file("/dev/full", O_WRONLY), folder);
  EXPECT_THROW(large.write(std::string(1 << 20, 'x')), NoSpace);
}

TEST_F(SpoolTest, NeverFollowsALink) {
  const std::string id = make_id(0);
  ASSERT_EQ(::symlink("/etc/passwd", path(id).c_str()), 0);
  EXPECT_EQ(shelves.open(Shelf::In, id).error(), Flaw::Gone);
}

TEST_F(SpoolTest, MovesAndRemoves) {
  const std::string id = commit(wall_time());
  EXPECT_TRUE(shelves.move(id, Shelf::In, Shelf::Deferred));
  EXPECT_FALSE(shelves.move(id, Shelf::In, Shelf::Deferred));
  EXPECT_TRUE(shelves.open(Shelf::Deferred, id));
  EXPECT_TRUE(shelves.move(id, Shelf::Deferred, Shelf::Hold));
  EXPECT_EQ(shelves.list(Shelf::Hold), std::vector{id});
  EXPECT_TRUE(shelves.remove(id, Shelf::Hold));
  EXPECT_FALSE(shelves.remove(id, Shelf::Hold));
  shelves.sync();
  EXPECT_TRUE(shelves.list(Shelf::Hold).empty());
}

}  // namespace
}  // namespace mail::spool
