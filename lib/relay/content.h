// Content: the octets of a message on their way out.
//
// Read and sent piece by piece, as it is or downgraded.  Behind DATA a line that starts with a dot
// gets another one (RFC 5321 4.5.2), and a dot ends it all; behind BDAT
// nothing is changed (RFC 3030).  Where nothing is to be changed and nothing
// encrypted, the kernel sends the file itself.
#pragma once

#include "relay/deadlines.h"
#include "relay/downgrade.h"
#include "relay/pace.h"
#include "relay/transaction.h"
#include "relay/wire.h"

namespace mail::relay {

enum class Framing { Dots, Chunk };

class Content {
 public:
  // `file` is open for reading; both outlive this.
  Content(const Transaction& transaction, const Fd& file)
      : transaction_(transaction), file_(&file) {}
  explicit Content(const Downgrade& downgrade)
      : transaction_(downgrade.transaction()), downgrade_(&downgrade) {}

  // Sends it all, the end as well; for Framing::Chunk the BDAT command in
  // front, too.  False when the wire failed: the end was not sent then.
  // Throws Fault when the file is shorter than it should be.
  bool send(Wire& wire, Framing framing, const Deadlines& deadlines) const;

  // Whether octets above 127 stand in the header.
  bool utf8_header() const;

 private:
  using Sink = mime::SevenBit::Sink;
  bool pieces(const Sink& sink) const;
  bool send_pieces(Wire& wire, Framing framing, std::string block,
                   const Pace& pace) const;
  bool send_whole(Wire& wire, Framing framing, const std::string& front,
                  const Pace& pace) const;
  std::string read(std::int64_t offset, std::size_t size) const;

  const Transaction& transaction_;
  const Fd* file_ = nullptr;              // one
  const Downgrade* downgrade_ = nullptr;  // of the two
};

}  // namespace mail::relay
