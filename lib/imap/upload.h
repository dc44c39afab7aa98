// Upload: one message that is on its way in by APPEND or REPLACE.
//
// Its literal goes into a message file as it comes: nothing here grows with
// the message.  Bare LF becomes CRLF, the form of messages on disk; else the
// bytes stay as they are.  A literal8 (RFC 3516 4.4) is kept as it came until
// all of it is there; then its binary parts become base64.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "imap/work.h"
#include "mime/message_file.h"
#include "net/session.h"
#include "store/digest_message.h"

namespace mail::imap {

enum class LiteralForm { Text, Binary };

struct Announced {
  std::uint64_t size = 0;
  LiteralForm form = LiteralForm::Text;
};

class Upload {
 public:
  Upload(store::Account& account, const Announced& literal);
  // Takes what is at hand of the message.
  void take(net::Input& in);
  std::uint64_t missing() const { return missing_; }
  // Whether its disk takes so many octets (base/disk_room.h).
  bool has_room(std::uint64_t octets, std::int64_t minimum) const;

  // All of it has come: ends the file.  Refused: NUL octets where they cannot
  // be kept.
  Result<void> finish(store::Account& account);
  // Of a finished one.
  std::int64_t length() const { return writer_->length(); }
  store::Digested digest() const;

  // The last that is wanted of it: what is not handed over to the store leaves
  // no file behind.
  store::MessageDraft hand_over() { return std::move(draft_); }

 private:
  void add(std::string_view bytes);
  void make_text(store::Account& account);

  store::MessageDraft draft_;
  std::unique_ptr<mime::MessageWriter> writer_;  // into draft_
  LiteralForm form_;
  std::uint64_t missing_;
  bool after_cr_ = false;
  bool has_nul_ = false;
};

}  // namespace mail::imap
