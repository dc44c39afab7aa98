// Server: the skeleton of every daemon that talks to the network.
//
//   net::Server server({.known = {"smtp", "submission"}, .listen = ...});
//   server.prepare([&] { settings = load(); return net::Prepared{...}; });
//   return server.run([&](net::Worker& worker) {
//     Desk desk(settings);                      // opens what it keeps
//     close_cage(smtpd_rights(settings.data));
//     worker.serve([&](const net::Peer& peer, net::Link& link) {
//       return std::make_unique<smtp::Session>(desk, peer, link);
//     });
//   });
//
// run() forks the workers and keeps them alive (base/supervisor.h).  SIGHUP:
// prepare() again and a new generation of workers; the old ones accept
// nothing more and end with their last connection; at most three generations:
// a fourth waits until the oldest has had ten seconds for its connections.
// All generations count their connections together, and each holds new ones
// against its own limits.
// SIGTERM: farewell to all, the command in hand is finished, gone in 5 s.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/listen.h"
#include "net/session.h"

namespace mail::net {

// Why a connection is not taken.
enum class Refused { AddressLimit, TotalLimit, Busy };

// Another number of connections for some addresses: "127.0.0.1", "10.0.0.0/8".
struct AddressLimit {
  std::string network;
  int connections = 0;
};

// Reads "127.0.0.1=5000".  Throws Exit 78 when it is not of that form.
AddressLimit parse_address_limit(const std::string& text);

struct Limits {
  int total = 10'000;     // a daemon, all workers
  int per_address = 100;  // IPv4 address, or IPv6 network of 64 bits
  int per_account = 20;   // sessions that joined it
  std::vector<AddressLimit> others;
};

// What a generation of workers may use.
struct Capacity {
  Limits limits;
  int workers = 0;   // processes; 0: as many as the cores want, at most 8
  int cores_per_worker = 1;  // then
  int threads = 64;  // a worker, at most
};

struct ServerSettings {
  std::vector<std::string> known;  // names of sockets this program serves
  std::vector<Endpoint> listen;    // when none are handed over
  Capacity capacity;               // unless prepare() brings another
  int threads_per_group = 8;            // at once for an account or address
  std::size_t input_limit = 128 << 10;  // bytes a session may leave unused
  std::chrono::milliseconds write_deadline{60'000};
  std::chrono::milliseconds handshake_deadline{60'000};
  // Work that has waited this long: new peers are refused.
  std::chrono::milliseconds queue_deadline{5'000};
  // For farewells; the parent kills after 5 s.
  std::chrono::milliseconds stop_time{4'500};
  // For the connections of the oldest generation, before a fourth begins.
  std::chrono::milliseconds hand_over{10'000};
  // What a peer is told that is not taken: "421 4.7.0 ...\r\n".  Not sent
  // where TLS comes first.
  std::function<std::string(const Peer& peer, Refused why)> refusal;
};

// Files of PEM: the chain, and its key.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// What prepare() brings.  The first certificate is used when none fits the
// name a client asks for; none: no TLS (sessions must not ask for it).
struct Prepared {
  std::vector<CertificateFiles> certificates;
  std::optional<Capacity> capacity = {};  // from now on
  // Called when nothing is in the way any more: the next workers are forked
  // behind it.
  std::function<void()> take_effect = {};
};

// One worker process, as its program sees it.
class Worker {
 public:
  virtual ~Worker() = default;

  // 0 ... workers - 1; the same again for the process that replaces it.
  virtual int number() const = 0;

  // Whether there are certificates: STARTTLS may be offered.
  virtual bool has_tls() const = 0;

  // Serves connections until this worker is to end.  Call it last.
  virtual void serve(const SessionFactory& factory) = 0;
};

class Server {
 public:
  // Binds or takes over the sockets; throws Fault or Exit.
  explicit Server(ServerSettings settings);
  ~Server();

  // Called in the parent by run() and at each SIGHUP: reads configuration
  // afresh.  What it throws at start ends the program; at SIGHUP it is
  // logged, as is a certificate that does not do, and everything stays as it
  // was (so: change settings in take_effect).
  void prepare(std::function<Prepared()> call);

  // Runs `work` in each worker process, until SIGTERM.  Returns 0.
  int run(const std::function<void(Worker&)>& work);

  // The sockets, for their ports.
  const std::vector<Listener>& listeners() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mail::net
