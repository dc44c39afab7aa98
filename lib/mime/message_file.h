// A message file: the one form of a message on disk, in the spool and in
// accounts.
//
//   offset 0   the message: canonical CRLF, no dot-stuffing
//   offset n   the envelope: text records (spool/envelope.h), or nothing
//   end        the footer, 48 bytes: magic, version, n, envelope length,
//              BLAKE2b-128 of both, END
//
// Nothing changes after the footer is written.  A file without a valid footer
// is torn: it was never acknowledged to anybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/fd.h"

namespace mail::mime {

inline constexpr std::int64_t kFooterSize = 48;

struct Footer {
  std::int64_t message_length = 0;
  std::int64_t envelope_length = 0;
  std::string digest;  // 16 bytes
};

// Writes a message file front to back, gathering small writes.
class MessageWriter {
 public:
  // `file` is empty and open for writing; it must outlive the writer.
  explicit MessageWriter(const Fd& file);

  void write(std::string_view bytes);

  // Octets of the message so far.
  std::int64_t length() const { return length_; }

  // The message, while all of it is in memory: one of up to 64 KiB, before
  // and after its end.  Empty for others.
  std::string_view held() const;

  // Ends the message: writes envelope and footer.
  void end(std::string_view envelope);

  // The same, then syncs the file and its name in the folder.  Once this
  // returns, the message survives a power cut.  Throws Fault; the file is
  // then cut to nothing, so that it can never pass for whole.
  void commit(std::string_view envelope, const Fd& folder);

  // Cuts the file to nothing: a refused message.
  void abandon();

 private:
  void flush();

  const Fd& file_;
  std::string buffer_;
  Digest digest_;
  std::int64_t length_ = 0;
  bool flushed_ = false;
};

// The footer; nothing when the file is torn or is none of ours.  One pread.
std::optional<Footer> read_footer(const Fd& file);

// The envelope's text.
std::string read_envelope(const Fd& file, const Footer& footer);

// Whether the bytes are those that were committed: reads the whole file.
bool verify(const Fd& file, const Footer& footer);

// The same of a file in memory, or of its last kFooterSize bytes.
std::optional<Footer> parse_footer(std::string_view end,
                                   std::int64_t file_size);
bool verify(std::string_view file, const Footer& footer);

}  // namespace mail::mime
