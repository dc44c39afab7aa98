// Session: one conversation with a peer, as a plain object without I/O.
//
// The server gives a session the bytes at hand and takes what it answers;
// the session never waits for input, it returns what it waits for.  So it
// needs no thread while nothing comes, and tests feed it strings.
//
//   class Echo : public net::Session {
//     Wait greet(Output& out) override { out.write("hello\r\n"); ... }
//     Wait serve(Input& in, Output& out) override {
//       while (auto line = in.line(kLimit)) out.write(...);
//       return Wait::input(300s);
//     }
//   };
//
// Calls to one session never overlap, but come from different threads.  Disk,
// database and DNS may block inside a call.  A Fault thrown from a call is
// logged and closes the connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mail::net {

// The bytes that have come from the peer and were not used yet.
class Input {
 public:
  virtual ~Input() = default;

  // What is at hand; valid until the next call on this object.  What the
  // session leaves stays, and is given again with more behind it.
  virtual std::string_view bytes() const = 0;

  // Drops the first `count` bytes of bytes().
  virtual void use(std::size_t count) = 0;

  // Whether the peer has closed its side: nothing comes behind bytes().
  virtual bool ended() const = 0;
};

// What goes to the peer, in order.  Kept back until the call returns or
// enough is at hand; then written with a deadline (60 s for a peer that does
// not read: PeerGone, which the session lets pass).
class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view bytes) = 0;

  // `length` bytes of a file from `offset` on (sendfile where there is no
  // TLS).  A file that is shorter is a Fault.
  virtual void write_file(int file, std::int64_t offset,
                          std::int64_t length) = 0;

  // Sends what is kept back now: before work that takes long.
  virtual void flush() = 0;
};

// Thrown by Output when the peer is gone or does not read; ends the session.
struct PeerGone {};

// What a session waits for when it has returned.
struct Wait {
  enum class For {
    Input,    // more bytes, a wake-up, or `at_most` has passed: expired().
              // A call that used nothing and wrote nothing does not renew the
              // deadline: leave a line that is not complete where it is.
    Delay,    // `at_most` passes, whatever comes: then serve()
    Tls,      // a TLS handshake: then secured(), serve().  Bytes that came
              // behind the command close the connection (RFC 3207 4.2).
    Deflate,  // what follows is compressed in both directions; then serve().
              // Understood by net/deflate_session.h, which stands around it
    Close,    // nothing: send what is left and close
  };
  For what = For::Input;
  std::chrono::milliseconds at_most{};

  static Wait input(std::chrono::milliseconds t) { return {For::Input, t}; }
  static Wait delay(std::chrono::milliseconds t) { return {For::Delay, t}; }
  static Wait tls() { return {For::Tls, {}}; }
  static Wait deflate() { return {For::Deflate, {}}; }
  static Wait close() { return {For::Close, {}}; }
};

// What TLS came to; empty protocol: none.
struct TlsFacts {
  std::string protocol;  // "TLSv1.3"
  std::string cipher;    // "TLS_AES_256_GCM_SHA384"
  std::string server_name;
  // For SCRAM's channel binding: tls-exporter (RFC 9266), 32 bytes, and
  // tls-server-end-point (RFC 5929 section 4), the certificate's hash.
  std::string exporter;
  std::string server_end_point;

  bool active() const { return !protocol.empty(); }
};

// Who is at the other end.
struct Peer {
  std::string address;  // "192.0.2.1" or "2001:db8::1"; empty: AF_UNIX
  std::uint16_t port = 0;
  std::string listener;  // the socket's name: "smtp", "imaps" ...
  bool loopback = false;
};

class Session {
 public:
  virtual ~Session() = default;

  // Once, at the start (with implicit TLS: after the handshake).
  virtual Wait greet(Output& out) = 0;

  // There is input, a wake-up came, the peer has closed, or a delay passed.
  virtual Wait serve(Input& in, Output& out) = 0;

  // `at_most` of the last Wait::input passed.  Usually says why and closes.
  virtual Wait expired(Output& out) = 0;

  // A handshake succeeded; `facts` stays valid during the call only.  With
  // implicit TLS this comes before greet().
  virtual void secured(const TlsFacts& facts) = 0;

  // The server stops; the connection is closed behind this.
  virtual void farewell(Output& out) = 0;
};

// What the server offers a session while it lives.
class Link {
 public:
  virtual ~Link() = default;

  // Makes serve() be called soon, from whatever thread this is called; a
  // wake-up before the session returned is not lost.
  virtual void wake() = 0;

  // Counts the session for this account from now on; false when the account
  // has as many sessions as it may (20 a protocol).  Also makes its work wait
  // its turn with the account's other sessions.
  virtual bool join_account(std::uint64_t account) = 0;
};

// Makes the session of a new connection.  `link` outlives the session.
using SessionFactory =
    std::function<std::unique_ptr<Session>(const Peer& peer, Link& link)>;

}  // namespace mail::net
