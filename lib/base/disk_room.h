// has_room: whether a disk takes more and still has what stays free.
#pragma once

#include <cstdint>

#include "base/fd.h"

namespace mail {

// Whether `size` octets more, beside the file or folder `there`, leave
// `minimum` octets free, at least 2 % of the disk, and some inodes.
bool has_room(const Fd& there, std::int64_t size, std::int64_t minimum);

}  // namespace mail
