#include "store/new_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "base/file.h"
#include "tests/support/temp_dir.h"

namespace mail::store {
namespace {

class NewFilesTest : public testing::Test {
 protected:
  std::set<std::string> all_names() const {
    std::set<std::string> names;
    for (const auto& folder : list_folder(dir.path())) {
      for (const auto& name : list_folder(dir.path() + "/" + folder)) {
        names.insert(folder + "/" + name);
      }
    }
    return names;
  }
  std::size_t names() const { return all_names().size(); }

  // Takes and keeps so many, all of them at one moment.
  void keep(NewFiles& files, int count, Micros now) {
    for (int i = 0; i < count; ++i) files.take(now).hand_over();
  }

  TempDir dir;
};

TEST_F(NewFilesTest, ADraftThatIsNotHandedOverLeavesNoFile) {
  NewFiles files(dir.path());
  {
    const MessageDraft draft = files.take();
    EXPECT_TRUE(std::filesystem::exists(dir.path() + "/" + draft.file));
  }
  EXPECT_EQ(names(), 0u);
}

TEST_F(NewFilesTest, ADraftThatMovedIsStillOneFile) {
  NewFiles files(dir.path());
  MessageDraft first = files.take();
  MessageDraft second = std::exchange(first, files.take());
  second.hand_over();
  EXPECT_NE(first.file, second.file);
  { const MessageDraft gone = std::move(first); }
  EXPECT_TRUE(std::filesystem::exists(dir.path() + "/" + second.file));
}

TEST_F(NewFilesTest, WhoSeldomAsksFindsNoNamesMadeAhead) {
  NewFiles files(dir.path());
  for (int i = 1; i <= 5; ++i) {
    keep(files, 1, i * kMinute);
    EXPECT_EQ(names(), static_cast<std::size_t>(i));
  }
}

TEST_F(NewFilesTest, WhoAsksOftenFindsSomeAndLeavesNone) {
  {
    NewFiles files(dir.path());
    keep(files, 24, kMinute);  // 1, 2, 4, 8 and 8 at once, then 8 more
    EXPECT_EQ(names(), 31u);
  }
  EXPECT_EQ(names(), 24u);
}

// In a folder that one block holds, so that its names are written at once.
TEST_F(NewFilesTest, ABurstGetsFoldersOfItsOwn) {
  NewFiles files(dir.path());
  keep(files, 1 + 2 + 4 + 8 + 2 * 112 + 1, kMinute);
  std::vector<std::size_t> sizes;
  std::size_t bursts = 0;
  for (const auto& folder : list_folder(dir.path())) {
    sizes.push_back(list_folder(dir.path() + "/" + folder).size());
    bursts += NewFiles::is_of_a_burst(folder);
  }
  std::ranges::sort(sizes);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{8, 15, 112, 112}));
  EXPECT_EQ(bursts, 3u);
}

// They may be removed as left over before they are used.
TEST_F(NewFilesTest, NamesOfLongAgoAreNotUsed) {
  NewFiles files(dir.path());
  keep(files, 2, kMinute);
  const auto before = all_names();  // one is ahead
  EXPECT_EQ(before.size(), 3u);
  EXPECT_FALSE(before.contains(files.take(kMinute + 2 * kHour).file));
}

// Nor is the folder: it may be removed when it is empty.
TEST_F(NewFilesTest, NorIsTheFolderOfAnOldBurst) {
  NewFiles files(dir.path());
  keep(files, 15 + 8, kMinute);
  keep(files, 15 + 8, kMinute + 2 * kHour);
  std::size_t bursts = 0;
  for (const auto& folder : list_folder(dir.path())) {
    bursts += NewFiles::is_of_a_burst(folder);
  }
  EXPECT_EQ(bursts, 2u);
}

TEST_F(NewFilesTest, NorAreThoseThatWereRemoved) {
  NewFiles files(dir.path());
  keep(files, 2, kMinute);
  for (const auto& name : all_names()) {
    std::filesystem::remove(dir.path() + "/" + name);
  }
  MessageDraft draft = files.take(kMinute);
  draft.sync();
  EXPECT_TRUE(std::filesystem::exists(dir.path() + "/" + draft.file));
  MessageDraft lost = files.take(kMinute);
  std::filesystem::remove(dir.path() + "/" + lost.file);
  EXPECT_THROW(lost.sync(), Fault) << "what has no name is no message";
}

TEST_F(NewFilesTest, TheFolderIsMadeAgainWhenItHasGone) {
  NewFiles files(dir.path());
  const std::string first = files.take(kMinute).file;
  std::filesystem::remove_all(dir.path() + "/" + first.substr(0, 4));
  files.take(2 * kMinute).hand_over();
  EXPECT_EQ(names(), 1u);
}

}  // namespace
}  // namespace mail::store
