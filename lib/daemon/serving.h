// Serving: a daemon of the network, from its settings.
//
//   return daemon::serve(options.config_file(), {
//       .sockets = {"imap", "imaps"}, .refusal = ..., .work = ...});
//
// What every such program does in the same way: sockets and limits as the
// settings say, certificates, and all of it read afresh at SIGHUP.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/server.h"

namespace mail::daemon {

// What its workers work with.  The parent has read it, whole: no worker ends
// for a mistake that came into a file since.
struct Basis {
  config::Settings settings;
  std::string records = {};  // dns::read_records(), if it asks for them
};

// Whether a daemon needs the local DNS records.
enum class Records { None, Local };

struct Service {
  std::string program;               // its name, for metrics
  std::vector<std::string> sockets;  // the names it serves
  Records records = Records::None;
  // Cores that share a worker process, if the settings do not say how many
  // there are: more than one where its threads gain from what they share.
  int cores_per_worker = 1;
  // What a peer is told that is not taken; a whole line.
  std::function<std::string(const net::Peer&, net::Refused)> refusal;
  // In each worker process: opens what it keeps, closes the cage, serves.
  std::function<void(net::Worker&, const Basis&)> work;
};

// A certificate or key that does not do, and which setting names it.
struct WrongCertificate {
  std::string setting;
  std::size_t item = 0;  // of tls_more
  std::string why;       // names the file
};
std::vector<WrongCertificate> wrong_certificates(
    const config::Settings& settings);

// Until SIGTERM; returns the exit code.  Throws Exit for a mistake in the
// configuration at start; at SIGHUP it is logged, and all stays as it was.
int serve(const std::string& config_file, const Service& service);

}  // namespace mail::daemon
