// What other servers say: whole conversations, from the greeting to the last
// reply.  The first bytes choose what is asked of the server; then come its
// words, parted by 0xff where the client waits.
#include <fcntl.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/file.h"
#include "relay/session.h"
#include "tests/support/text_wire.h"

namespace {

using namespace mail;
using namespace mail::relay;

constexpr std::string_view kMail = "Subject: \xc3\xa4\r\n\r\n.dot\r\nend";

const Fd& mail_file() {
  static const Fd file = [] {
    Fd made(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    made.write(kMail);
    return made;
  }();
  return file;
}

// The replies one by one and cut into bytes are the same.
void read_replies(std::string_view bytes) {
  ReplyReader whole, cut;
  whole.feed(bytes);
  std::string a, b;
  while (const auto reply = whole.next()) {
    a += std::to_string(reply->code) + reply->enhanced + reply->text;
  }
  for (const char c : bytes) {
    cut.feed({&c, 1});
    while (const auto reply = cut.next()) {
      b += std::to_string(reply->code) + reply->enhanced + reply->text;
      (void)read_extensions(*reply);
    }
  }
  require(a == b, "the cut of the stream changes the replies");
}

Transaction transaction_of(unsigned char flags) {
  Transaction transaction;
  transaction.length = static_cast<std::int64_t>(kMail.size());
  transaction.sender = "a@x.test";
  transaction.has_leading_dot = true;
  transaction.smtputf8 = (flags & 1) != 0;
  transaction.has_8bit = (flags & 2) != 0;
  transaction.require_tls = (flags & 4) != 0;
  transaction.ret = "HDRS";
  transaction.recipients = {{"b@y.test", "", ""}, {"c@y.test", "", "NEVER"}};
  return transaction;
}

void carry(Session& session, TextWire& wire, unsigned char flags) {
  wire.sent.clear();
  const auto outcome = session.carry(transaction_of(flags), mail_file());
  require(outcome.verdicts.size() == 2, "a verdict for each recipient");
  const std::string sent = wire.all();
  for (const auto& verdict : outcome.verdicts) {
    if (!verdict || verdict->outcome != Verdict::Outcome::Delivered) continue;
    require(sent.ends_with("end\r\n.\r\n") || sent.ends_with(".dot\r\nend"),
            "delivered, but never sent");
    require(verdict->code / 100 == 2, "delivered by another code");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const unsigned char kind = data[0];
  const std::string_view words(reinterpret_cast<const char*>(data) + 2,
                               size - 2);
  read_replies(words);
  std::deque<std::string> texts;
  for (const auto part : split(words, '\xff')) texts.emplace_back(part);
  TextWire wire(std::move(texts));
  wire.is_local = true;
  wire.handshake_works = (kind & 8) == 0;
  const Credentials credentials{"ann", "secret"};
  Hop hop;
  hop.protocol = kind & 1 ? Hop::Protocol::Lmtp : Hop::Protocol::Smtp;
  hop.tls = static_cast<Hop::Tls>(kind >> 1 & 3);
  Session session(wire, {hop, "mx.test", "us.test", {},
                         kind & 16 ? &credentials : nullptr,
                         Session::Encryption::WhenOffered,
                         kind & 32 ? Proof::Name : Proof::None});
  if (session.open()) return 0;
  for (int i = 0; i < 3 && session.usable(); ++i) carry(session, wire, data[1]);
  session.quit();
  return 0;
}
