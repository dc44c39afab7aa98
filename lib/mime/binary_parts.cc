#include "mime/binary_parts.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "base/base64.h"
#include "mime/header.h"
#include "mime/part.h"

namespace mail::mime {
namespace {

using Write = std::function<void(std::string_view)>;

constexpr std::size_t kLine = 57;  // octets: 76 characters

class Rewriter {
 public:
  Rewriter(std::string_view message, const Write& write)
      : message_(message), write_(write) {}

  void part(const Part& part) {
    const std::string_view body =
        message_.substr(part.body_offset, part.body_size);
    const bool binary = part.encoding == "binary";
    if (!part.children.empty()) {
      if (binary) header(part, "8bit");
      for (const Part& child : part.children) this->part(child);
    } else if (part.transfer_encoding() == Encoding::Identity &&
               (binary || body.find('\0') != body.npos)) {
      header(part, "base64");
      copy_to(part.body_offset);
      encode(body);
      done_ = part.body_offset + part.body_size;
    }
  }

  void finish() { copy_to(message_.size()); }

 private:
  void copy_to(std::size_t offset) {
    if (offset <= done_) return;
    write_(message_.substr(done_, offset - done_));
    done_ = offset;
  }

  // Another Content-Transfer-Encoding, the rest of the header as it is.
  void header(const Part& part, std::string_view encoding) {
    copy_to(part.header_offset);
    const std::string_view text =
        message_.substr(part.header_offset, part.header_size);
    write_("Content-Transfer-Encoding: " + std::string(encoding) + "\r\n");
    if (text.empty()) write_("\r\n");
    FieldReader fields(text);
    while (const auto field = fields.next()) {
      if (!same_text(field->name, "Content-Transfer-Encoding")) continue;
      const auto at =
          static_cast<std::size_t>(field->whole.data() - message_.data());
      copy_to(at);
      done_ = at + field->whole.size();
    }
  }

  void encode(std::string_view body) {
    for (; !body.empty(); body.remove_prefix(std::min(body.size(), kLine))) {
      write_(base64_encode(body.substr(0, kLine)) + "\r\n");
    }
  }

  std::string_view message_;
  const Write& write_;
  std::size_t done_ = 0;  // of the message, written or replaced
};

}  // namespace

void without_binary(std::string_view message, const Write& write) {
  Rewriter rewriter(message, write);
  rewriter.part(parse_message(message));
  rewriter.finish();
}

}  // namespace mail::mime
