// NewMessage: a message to be added, by APPEND or REPLACE.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/digest_message.h"
#include "store/new_files.h"
#include "store/types.h"

namespace mail::store {

struct NewMessage {
  MessageDraft draft;       // finished (mime/message_file.h), not yet synced
  std::int64_t length = 0;  // octets of the message in it
  Micros internal_date = 0;
  Flags flags = 0;
  std::vector<std::string> keywords;
  Digested digested;  // of this file
};

}  // namespace mail::store
