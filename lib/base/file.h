// Whole files and folders: for configuration, keys and tools, not for mail.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

// The file's bytes; nothing when there is no such file.  Throws Fault on
// other trouble, and when it is larger than `limit`.
std::optional<std::string> read_file(const std::string& path,
                                     std::size_t limit = 64 << 20);

// Writes a new file beside it, syncs and renames: readers see the old bytes
// or the new ones.
void replace_file(const std::string& path, std::string_view bytes,
                  mode_t mode);

// mkdir -p.
void make_folders(const std::string& path, mode_t mode);

// Names in a folder without . and .., sorted; none when there is no folder.
std::vector<std::string> list_folder(const std::string& path);

}  // namespace mail
