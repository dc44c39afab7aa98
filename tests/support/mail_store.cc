#include "tests/support/mail_store.h"

#include <fcntl.h>

#include "mime/message_file.h"
#include "store/administration.h"
#include "tests/support/write_message.h"

namespace mail {
namespace {

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

MailStore::MailStore() : MailStore(store::AccountsOptions{}) {}

MailStore::MailStore(store::AccountsOptions base)
    : base_(std::move(base)), accounts_(options()) {}

store::AccountsOptions MailStore::options() const {
  store::AccountsOptions options = base_;
  options.folder = [path = dir_.path()](std::uint64_t id) {
    return path + "/accounts/" + std::to_string(id);
  };
  return options;
}

std::string MailStore::folder(std::uint64_t id) const {
  return options().folder(id);
}

store::Lease MailStore::open(std::uint64_t id) {
  if (!store::account_exists(folder(id))) {
    store::make_account(folder(id), id, base_.next_uidvalidity);
  }
  return accounts_.open(id);
}

store::NewMessage MailStore::write(store::Account& account,
                                   std::string_view text) {
  return write_message(account, with_crlf(text));
}

store::Uid MailStore::append(store::Account& account, store::MailboxId mailbox,
                             std::string_view text, store::Flags flags) {
  auto message = write(account, text);
  message.flags = flags;
  message.internal_date = wall_time();
  const auto appended = append_one(account, mailbox, std::move(message));
  return std::get<std::vector<store::Appended>>(appended).front().uid;
}

store::Arrival MailStore::arrive(store::Account& account, std::string spool_id,
                                 std::string_view text) {
  const Fd folder = account.message_folder(spool_id);
  const Fd file = open_at(folder, spool_id, O_RDWR | O_CREAT, 0600);
  mime::MessageWriter writer(file);
  writer.write(with_crlf(text));
  store::Arrival arrival;
  arrival.file = store::message_file_name(spool_id);
  arrival.length = writer.length();
  writer.commit("", folder);
  arrival.prefix = "Delivered-To: ann@example.test\r\n";
  arrival.internal_date = wall_time();
  arrival.digested =
      store::digest_message(file, arrival.length, arrival.prefix);
  arrival.mailboxes = {account.mailbox("INBOX")->id};
  arrival.spool_id = std::move(spool_id);
  return arrival;
}

std::string numbered_message(int number) {
  const std::string text = std::to_string(number);
  return "From: Ann <ann@example.org>\nTo: bob@example.test\nSubject: " + text +
         "\nMessage-ID: <" + text + "@example.org>\n\nBody of " + text + "\n";
}

}  // namespace mail
