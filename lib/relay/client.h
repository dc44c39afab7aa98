// Client: takes messages to a hop, over a connection it keeps between them.
//
//   Client client(tools);
//   client.carry({hop, hosts, transaction, file});
//   client.result()            // a verdict for every recipient
//   client.open()              // more may follow over the same connection
//   client.close();
//
// Hosts are tried by preference, each one's addresses in turn, as long as
// nothing of the message may have arrived; all of it bounded.  Recipients that
// one exchange host has put off (4xx) are tried at the next (RFC 5321 5.1):
// they alone, and none of whom nobody knows whether the message arrived.  An
// open connection that turns out to be dead is replaced by a new one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns/resolver.h"
#include "relay/channel.h"
#include "relay/passwords.h"
#include "relay/session.h"
#include "relay/tls_memory.h"
#include "relay/verdict.h"

namespace mail::relay {

// What all clients of a process share.
struct Tools {
  dns::Resolver& resolver;
  net::TlsClient& tls;
  TlsMemory& memory;
  const Passwords& passwords;
  std::string hostname;
  SourceAddresses from;
  Deadlines deadlines;
};

struct Journey {
  const Hop& hop;
  const std::vector<Exchange>& hosts;   // for Kind::Mx
  bool secure = false;                  // they are proved by DNSSEC
  const Transaction& transaction;
  const Fd& file;
};

struct Result {
  SiteState site = SiteState::Fine;
  std::string why;                      // it is not Fine, and of nobody's mail
  std::vector<Visit> visits;            // the last one: what was tried last
  std::vector<Verdict> verdicts;        // of each recipient
};

class Client {
 public:
  // `may_send` is asked before a message begins to go out (mailing.h).
  Client(const Tools& tools, std::function<bool()> may_send)
      : tools_(tools), may_send_(std::move(may_send)) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // After a Fault, give_up() makes the result whole.
  void carry(const Journey& journey);
  void give_up(std::string_view why);
  const Result& result() const { return result_; }

  // Whether a connection waits for more, and how much went over it.
  bool open() const { return session_ && session_->usable(); }
  int carried() const { return carried_; }
  Micros opened_at() const { return opened_at_; }
  const Hop& hop() const { return hop_; }

  // Says QUIT to an open connection, and lets go.
  void close();

 private:
  struct Search;
  bool fits(const Journey& journey) const;
  void begin(const Journey& journey);
  void search(const Journey& journey, Search& search,
              const std::string& asked);
  void try_host(const Journey& journey, const std::string& host,
                Search& search);
  void try_address(const Journey& journey, const Endpoint& endpoint,
                   Search& search);
  bool connect(const Journey& journey, const Endpoint& endpoint,
               Session::Encryption encryption, Search& search);
  void arrive(const Endpoint& endpoint);
  void use(const Journey& journey, Search& search);
  void put_off(Search& search);
  bool send_once(const Journey& journey, Search& search);
  std::vector<std::size_t> undecided() const;
  void settle(const Search& search);
  void drop();

  const Tools& tools_;
  const std::function<bool()> may_send_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<Session> session_;
  Hop hop_;                             // of the open connection
  std::vector<Exchange> hosts_;
  bool proved_ = false;
  int carried_ = 0;
  Micros opened_at_ = 0;                // of steady_time()
  Result result_;
  bool heard_ = false;                  // a verdict at the last visit
  std::vector<std::optional<Verdict>> verdicts_;
  std::vector<std::optional<Verdict>> put_off_;  // by hosts before
};

}  // namespace mail::relay
