// write_message: a message file of an account, as APPEND writes it.
#pragma once

#include <string_view>

#include "mime/message_file.h"
#include "store/account.h"
#include "store/new_message.h"

namespace mail {

// `text` has CRLF line ends.
inline store::NewMessage write_message(store::Account& account,
                                       std::string_view text) {
  auto draft = account.create_message_file();
  mime::MessageWriter writer(draft.fd);
  writer.write(text);
  writer.end("");
  draft.sync();
  draft.hand_over();
  store::NewMessage message;
  message.file = draft.file;
  message.length = writer.length();
  message.digested = store::digest_message(text);
  return message;
}

}  // namespace mail
