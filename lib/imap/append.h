// Append: a message that is on its way in by APPEND (RFC 3501 6.3.11).
//
// Its literal goes into the message file as it comes: nothing here grows with
// the message.  Bare LF becomes CRLF, the form of messages on disk; else the
// bytes stay as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "imap/reader.h"
#include "imap/work.h"
#include "mime/message_file.h"
#include "net/session.h"

namespace mail::imap {

class Append {
 public:
  // Whether the literal announced behind these arguments ("INBOX (\Seen) {9}"
  // with the space in front) is the message, not a mailbox's name.
  static bool is_message(std::string_view arguments);

  // Opens the file, or says why the message is not taken.
  static std::variant<std::unique_ptr<Append>, Reply> begin(
      Work& work, std::string_view arguments, std::uint64_t size);

  // What was not finished leaves no bytes behind.
  ~Append();

  // Of begin() only.
  Append(store::MailboxId mailbox, store::Account::Draft draft,
         std::uint64_t size);

  // Takes what is at hand of the message.
  void take(net::Input& in);
  std::uint64_t missing() const { return missing_; }

  // All of it has come: puts it into the mailbox.
  Reply finish(Work& work);
  // Takes the file back.
  void discard(Work& work);

 private:
  void add(std::string_view bytes);

  store::MailboxId mailbox_;
  store::Account::Draft draft_;
  mime::MessageWriter writer_;  // into draft_
  std::uint64_t missing_;
  store::NewMessage message_;
  bool after_cr_ = false;
  bool has_nul_ = false;
  bool settled_ = false;  // the file is the store's, or is gone
};

}  // namespace mail::imap
