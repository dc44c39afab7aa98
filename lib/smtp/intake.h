// Intake: what an SMTP session asks of the rest of the system.
//
// intake/ answers in smtpd; tests answer with a few lines of their own.  Any
// call may throw a Fault: the session answers 451, or 452 to a NoSpace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/session.h"
#include "smtp/arguments.h"
#include "smtp/reply.h"
#include "smtp/scanner.h"

namespace mail::smtp {

enum class Service { Smtp, Submission, Lmtp };

// Who is at the other end, as far as it is known.
struct Client {
  Service service = Service::Smtp;
  std::string address;        // empty: AF_UNIX
  bool loopback = false;
  std::string name;           // verified reverse name, or empty
  std::string helo;
  bool extended = false;      // EHLO or LHLO was said
  net::TlsFacts tls;
  std::uint64_t account = 0;  // authenticated as
  std::string login;          // the account's address
};

struct Transaction {
  Sender sender;
  std::vector<Recipient> recipients;
};

// A message on its way in.  Destroyed without accept(): it never was.
class Incoming {
 public:
  virtual ~Incoming() = default;
  virtual const std::string& id() const = 0;
  // First, once: our Received field, which stands above all else.
  virtual void trace(std::string_view field) = 0;
  virtual void write(std::string_view bytes) = 0;

  // The end of data: a positive reply means the message is on the disk.
  virtual Reply accept(const Facts& facts) = 0;
};

class Intake {
 public:
  virtual ~Intake() = default;

  // The client's verified name, or empty; asked once, before the first MAIL.
  virtual std::string client_name(const Client& client) = 0;

  // Whether the client is one of ours by its address: it may send to anyone,
  // and hears what became of it (RFC 3461).
  virtual bool is_trusted(const Client& client) const = 0;

  virtual Reply sender(const Client& client, const Sender& sender) = 0;
  virtual Reply recipient(const Client& client, const Transaction& transaction,
                          const Recipient& recipient) = 0;
  virtual std::unique_ptr<Incoming> begin(const Client& client,
                                          const Transaction& transaction) = 0;
};

}  // namespace mail::smtp
