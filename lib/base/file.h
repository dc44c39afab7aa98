// Whole files and folders: for configuration, keys and tools, not for mail.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace mail {

// The file's bytes; nothing when there is no such file.  Throws Fault on
// other trouble, and when it is larger than `limit`.
std::optional<std::string> read_file(const std::string& path,
                                     std::size_t limit = 64 << 20);

// Writes a new file beside it, syncs and renames: readers see the old bytes
// or the new ones.
void replace_file(const std::string& path, std::string_view bytes,
                  mode_t mode);

// Whether fsync of a new file brings its name along, and the names of new
// folders above it: ext4 commits the transaction that made them (without a
// journal it writes the folders as well), XFS the log up to it.
bool syncs_its_name(const Fd& file);

// Once this returns, a new file's bytes and its name in `folder` survive a
// power cut.  Where the file brings its name along, a sync of the folder
// writes nothing, and makes the disk empty its cache once more, which is half
// of what a small message costs.  Elsewhere it is made.
void sync_new(const Fd& file, const Fd& folder);
void sync_new(const Fd& file, const std::string& folder);

// What was written is on its way to the disk: a sync a moment later waits
// less.  A wish.
void begin_sync(const Fd& file);

// mkdir -p.
void make_folders(const std::string& path, mode_t mode);

// Has the file system place each folder made in `folder` from now on apart
// from the others (chattr +T), where it knows how to: folders used side by side
// then do not look for free inodes in the same place.
void scatter_folders(const std::string& folder);

// Names in a folder without . and .., sorted; none when there is no folder.
std::vector<std::string> list_folder(const std::string& path);

}  // namespace mail
