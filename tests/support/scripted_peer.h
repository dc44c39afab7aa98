// ScriptedPeer: the other end of a connection, for tests of real servers.
//
//   ScriptedPeer peer(port);
//   peer.line()                    // "220 ..."
//   peer.ask("NOOP")               // "250 ..."
//
// Every call gives up after ten seconds, and says so in what it returns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace mail {

class ScriptedPeer {
 public:
  // From 127.0.0.1, or another address of the loopback network.
  explicit ScriptedPeer(std::uint16_t port,
                        const std::string& from = "127.0.0.1");
  ~ScriptedPeer();
  ScriptedPeer(ScriptedPeer&&) noexcept;
  ScriptedPeer& operator=(ScriptedPeer&&) noexcept;

  void send(std::string_view bytes);

  // The next line without its CRLF; "(closed)" or "(nothing)".
  std::string line();

  // Sends a line and returns the next one.
  std::string ask(std::string_view command);

  // Reads `count` bytes.
  std::string bytes(std::size_t count);

  // Whether the server closes, whatever it sends before.
  bool closes();

  // Whether there is nothing to read for this long.
  bool silent(int milliseconds);

  // Nothing comes from here any more.
  void finish();

  // A handshake; false when it fails.  Certificates are not checked.
  bool start_tls(const std::string& server_name = "");
  std::string certificate_name() const;  // its common name
  std::string exporter() const;          // RFC 9266
  bool resumed() const;

  // Resumes another one's session in start_tls().
  void resume(const ScriptedPeer& other);

  int number() const { return socket_.number(); }

 private:
  struct Free {
    void operator()(ssl_st* tls) const;
    void operator()(ssl_ctx_st* context) const;
    void operator()(ssl_session_st* session) const;
  };
  bool fill();  // reads some more

  Fd socket_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> tls_;
  std::unique_ptr<ssl_session_st, Free> session_;
  std::string unread_;
  bool closed_ = false;
};

}  // namespace mail
