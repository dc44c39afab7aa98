// NewMessage: a message to be added, by APPEND or REPLACE.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/digest_message.h"
#include "store/types.h"

namespace mail::store {

// A finished message file (mime/message_file.h) that lies in the account's
// msg/ folder, on the disk (store/new_files.h).
struct NewMessage {
  std::string file;         // "FFFF/NAME"
  std::int64_t length = 0;  // octets of the message in it
  Micros internal_date = 0;
  Flags flags = 0;
  std::vector<std::string> keywords;
  Digested digested;  // of this file
};

}  // namespace mail::store
