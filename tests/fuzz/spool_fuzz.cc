// A spool file of any bytes is refused or read; what is read comes back the
// same when it is written again.
#include <fcntl.h>
#include <sys/mman.h>

#include "base/fault.h"
#include "mime/message_file.h"
#include "spool/envelope.h"
#include "spool/wire.h"

namespace {

void file(std::string_view bytes) {
  const mail::Fd fd(::memfd_create("spool", 0));
  fd.write(bytes);
  const auto footer = mail::mime::read_footer(fd);
  if (!footer) return;
  (void)mail::mime::verify(fd, *footer);
  (void)mail::spool::parse_envelope(mail::mime::read_envelope(fd, *footer));
}

void envelope(std::string_view text) {
  const auto read = mail::spool::parse_envelope(text);
  if (!read) return;
  const std::string written = mail::spool::serialize(*read);
  const auto again = mail::spool::parse_envelope(written);
  mail::require(again && mail::spool::serialize(*again) == written,
                "an envelope changes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data,
                                      std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  file(bytes);
  envelope(bytes);
  (void)mail::spool::parse_accepted(bytes);
  mail::spool::Closures closures;
  (void)closures.apply(bytes);
  return 0;
}
