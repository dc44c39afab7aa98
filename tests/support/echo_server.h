// EchoServer: a real net::Server in a process of its own, for tests.
//
// Its sessions answer each line with "you said ...", and know some words:
//
//   QUIT  STARTTLS  PID  TLS (protocol, name, exporter)  CRASH
//   DELAY ms  SLEEP ms (blocks its thread)  WAKE ms (from another thread)
//   BIG n (n bytes)  FILE path  JOIN account  WAIT ms (the next deadline)
#pragma once

#include <sys/types.h>

#include <string>

#include "net/server.h"
#include "tests/support/temp_dir.h"

namespace mail::net {

class EchoServer {
 public:
  // Serves "smtp" and "submissions" with `settings`; known and listen are
  // set here.
  explicit EchoServer(ServerSettings settings = {});
  ~EchoServer();

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }
  pid_t pid() const { return pid_; }

  // Writes the certificates the server finds at its next start or SIGHUP.
  void set_certificate(const std::string& name);
  void break_certificate();
  // The same for how many there may be.
  void set_limits(const Limits& limits);
  void signal(int signal) const;

  // Waits for the end; the exit code.
  int wait();

 private:
  TempDir dir_;
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
};

}  // namespace mail::net
