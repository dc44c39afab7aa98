#include "imap/upload.h"

#include <utility>

#include "base/disk_room.h"
#include "base/file.h"
#include "base/mapping.h"
#include "mime/binary_parts.h"

namespace mail::imap {

Upload::Upload(store::Account& account, const Announced& literal)
    : draft_(account.create_message_file()),
      writer_(std::make_unique<mime::MessageWriter>(draft_.fd)),
      form_(literal.form),
      missing_(literal.size) {}

bool Upload::has_room(std::uint64_t octets, std::int64_t minimum) const {
  return mail::has_room(draft_.fd, static_cast<std::int64_t>(octets), minimum);
}

void Upload::take(net::Input& in) {
  const std::string_view bytes = in.bytes().substr(0, missing_);
  form_ == LiteralForm::Binary ? draft_.fd.write(bytes) : add(bytes);
  missing_ -= bytes.size();
  in.use(bytes.size());
}

void Upload::add(std::string_view bytes) {
  has_nul_ |= bytes.find('\0') != bytes.npos;
  std::size_t from = 0;
  for (std::size_t at = bytes.find('\n'); at != bytes.npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 ? after_cr_ : bytes[at - 1] == '\r') continue;
    writer_->write(bytes.substr(from, at - from));
    writer_->write("\r");
    from = at;
  }
  writer_->write(bytes.substr(from));
  if (!bytes.empty()) after_cr_ = bytes.back() == '\r';
}

// What came goes into another file, in the form of messages on disk.  The
// first one never gets a footer: left behind by a crash, it is torn.
void Upload::make_text(store::Account& account) {
  const auto size = static_cast<std::size_t>(draft_.fd.size());
  const store::MessageDraft came =
      std::exchange(draft_, account.create_message_file());
  writer_ = std::make_unique<mime::MessageWriter>(draft_.fd);
  const Mapping bytes(came.fd, size);
  mime::without_binary(bytes.view(),
                       [this](std::string_view piece) { add(piece); });
}

Result<void> Upload::finish(store::Account& account) {
  if (form_ == LiteralForm::Binary) make_text(account);
  if (has_nul_) {  // RFC 3501 9: CHAR8 is any octet except NUL
    return refuse(form_ == LiteralForm::Binary
                      ? "[UNKNOWN-CTE] NUL octets outside of a body"
                      : "[CANNOT] a message has no NUL octets");
  }
  writer_->end("");
  begin_sync(draft_.fd);  // it is parsed meanwhile
  return {};
}

store::Digested Upload::digest() const {
  const std::string_view held = writer_->held();
  return held.empty() ? store::digest_message(draft_.fd, length(), "")
                      : store::digest_message(held);
}

}  // namespace mail::imap
