// SmtpServer: the server mail goes to in tests; well-behaved, or not.
//
//   SmtpServer server;                     listens on 127.0.0.1, or elsewhere
//   server.port(); server.taken()          what it said 250 to, and how often
//
// A seed makes it misbehave in one phase of each connection: wrong codes, half
// replies, replies of a megabyte, rubbish for TLS, hanging up, hanging.  One
// connection after the other, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

struct ssl_ctx_st;

namespace mail {

struct SmtpServerOptions {
  std::set<std::string> offers = {"PIPELINING", "8BITMIME", "SIZE 1000000"};
  bool lmtp = false;
  bool ehlo = true;                  // false: knows HELO only
  std::string name = "mx.example.test";
  std::string greeting = "220 mx.example.test";
  // PEM files; with them STARTTLS works.
  std::string certificate = {};
  std::string key = {};
  std::string clear_mail = {};       // what MAIL is told without it
  int newest_tls = 0;                // 11 or 12: no newer one than that
  // Replies by the command's verb or whole line instead of the usual ones.
  std::map<std::string, std::string> replies = {};
  int messages = 0;                  // closes without a word behind so many
  // Where it listens; port 0: any that is free.
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

class SmtpServer {
 public:
  explicit SmtpServer(SmtpServerOptions options = {});
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  std::uint16_t port() const { return port_; }

  // From the next connection on; 0: behaves.
  void misbehave(std::uint64_t seed);

  // What was taken since: by recipient, how often 2xx was said to its message.
  std::map<std::string, int> taken() const;
  // The messages as they came, without dot-stuffing; the commands; both since
  // the last misbehave().
  std::vector<std::string> messages() const;
  std::vector<std::string> commands() const;
  int connections() const;
  int resumed() const { return resumed_; }  // TLS sessions

 private:
  class Visit;
  friend class Visit;
  void serve();

  SmtpServerOptions options_;
  Fd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;       // of what follows
  std::uint64_t seed_ = 0;
  std::map<std::string, int> taken_;
  std::vector<std::string> messages_;
  std::vector<std::string> commands_;
  int connections_ = 0;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::atomic<int> resumed_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace mail
