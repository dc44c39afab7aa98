// Append: an APPEND or REPLACE under way (RFC 3501 6.3.11; MULTIAPPEND: RFC
// 3502; REPLACE: RFC 8508).
//
//   APPEND mailbox 1*append-message
//   REPLACE seq-number mailbox append-message
//
// Message after message comes in as an Upload; when all have come they go into
// the mailbox in one transaction, or none does.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "imap/reader.h"
#include "imap/upload.h"
#include "imap/work.h"
#include "store/new_message.h"

namespace mail::imap {

class Append {
 public:
  // Whether the literal announced behind these arguments ("INBOX (\Seen) {9}"
  // with the space in front) is a message, not a mailbox's name.
  static bool is_message(std::string_view command, std::string_view arguments);

  // Opens the first file, or says why the message is not taken.  `command` is
  // APPEND, REPLACE or UID REPLACE.
  static std::variant<std::unique_ptr<Append>, Reply> begin(
      Work& work, std::string_view command, std::string_view arguments,
      std::uint64_t size);

  explicit Append(store::Mailbox mailbox) : mailbox_(std::move(mailbox)) {}

  // The message in hand.
  Upload& upload() { return messages_.back().upload; }
  std::uint64_t missing() const { return messages_.back().upload.missing(); }

  // Goes on with another message, announced behind the last.
  Reply next(Work& work, std::string_view arguments, std::uint64_t size);

  // All of them have come: puts them into the mailbox.
  Reply finish(Work& work);

 private:
  struct Message {
    Message(store::Account& account, const Announced& literal)
        : upload(account, literal) {}
    Upload upload;
    store::NewMessage row;
  };

  std::optional<Reply> add(Work& work, Reader& args, const Announced& literal);
  Reply replace(Work& work, store::NewMessage message);
  Reply append(Work& work, std::vector<store::NewMessage> messages);

  store::Mailbox mailbox_;
  std::optional<store::Location> replaced_;
  std::deque<Message> messages_;
  std::uint64_t announced_ = 0;  // octets of all messages
  std::size_t keywords_ = 0;     // given to them
};

}  // namespace mail::imap
