// write_message: a message file of an account, as APPEND writes it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "mime/message_file.h"
#include "store/account.h"
#include "store/new_message.h"

namespace mail {

// `text` has CRLF line ends.
inline store::NewMessage write_message(store::Account& account,
                                       std::string_view text) {
  store::NewMessage message;
  message.draft = account.create_message_file();
  mime::MessageWriter writer(message.draft.fd);
  writer.write(text);
  writer.end("");
  message.length = writer.length();
  message.digested = store::digest_message(text);
  return message;
}

// Puts one message into a mailbox.
inline auto append_one(store::Account& account, store::MailboxId mailbox,
                       store::NewMessage message) {
  std::vector<store::NewMessage> messages;
  messages.push_back(std::move(message));
  return account.append(mailbox, std::move(messages));
}

}  // namespace mail
