// fill_account: a message in Archive, so that a quota is nearly used up.
#pragma once

#include <string>
#include <variant>

#include "base/fault.h"
#include "mime/message_file.h"
#include "store/account.h"

namespace mail {

inline void fill_account(store::Account& account, std::size_t octets) {
  const auto draft = account.create_message_file();
  mime::MessageWriter writer(draft.fd);
  writer.write("Subject: old\r\n\r\n" + std::string(octets - 18, 'x') +
               "\r\n");
  store::NewMessage message;
  message.file = draft.file;
  message.length = writer.length();
  writer.commit("", draft.folder);
  const auto archive = account.mailbox(store::Role::Archive);
  require(archive.has_value(), "an account has an archive");
  const auto added = account.append(archive->id, {message});
  require(added.index() == 0, "there is room for what is old");
}

}  // namespace mail
