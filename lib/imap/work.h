// Work: what a command works with, and how it answers.
//
// Shared is of the process, User of the session since login, Work of one
// command.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/response.h"
#include "imap/selected.h"
#include "sasl/authority.h"
#include "store/accounts.h"
#include "store/watch.h"

namespace mail::imap {

// What all sessions of the process share.
struct Shared {
  store::Accounts& accounts;
  store::Watches& watches;
  sasl::Authority& authority;
  std::chrono::milliseconds timeout;  // of silence, after login
  std::int64_t message_size;          // largest APPEND
  std::int64_t minimum_free;          // octets of the disk that stay free
  bool auth_on_loopback;              // without TLS
  bool has_tls;                       // STARTTLS can be offered
};

struct User {
  std::uint64_t account = 0;
  std::unique_ptr<Selected> selected;
  bool condstore = false;  // enabled: FETCH responses carry MODSEQ
  bool qresync = false;    // enabled: VANISHED instead of EXPUNGE
  // METADATA enabled: annotations are told up to here, and what the session
  // has changed itself.
  std::optional<store::Modseq> annotations;
  std::vector<store::Modseq> annotated;
  bool leaving = false;  // LOGOUT
  bool idling = false;   // IDLE, until DONE
  // COMPRESS; Begins: all behind the command's answer.
  enum class Compression { None, Begins, Active } compression{};
  const char* bye = nullptr;  // why the server ends the session
};

// The tagged answer.
struct Reply {
  enum class Status { Ok, No, Bad };
  Status status = Status::Ok;
  std::string text;  // with its response code, if any
};

inline Reply ok(std::string text) {
  return {Reply::Status::Ok, std::move(text)};
}
inline Reply no(std::string text) {
  return {Reply::Status::No, std::move(text)};
}
inline Reply bad(std::string text) {
  return {Reply::Status::Bad, std::move(text)};
}
std::string_view word(Reply::Status status);
void count_answer(Reply::Status status);  // for metrics

// How a command names messages: FETCH and UID FETCH.
enum class Numbers { Sequence, Uids };

class Work {
 public:
  Work(const Shared& the_shared, User& the_user, Response& the_out)
      : shared(the_shared), user(the_user), out(the_out) {}

  // Opened when first used.
  store::Account& account();
  // Gives it back: before the client is waited for.
  void release() { lease_.reset(); }
  // Between two lines: when much is gathered, sends it.
  void breathe();

  Selected& selected() { return *user.selected; }

  const Shared& shared;
  User& user;
  Response& out;
  Numbers numbers = Numbers::Sequence;
  std::string_view tag;
  bool hold_expunges = false;  // until a later command
  // The tagged OK carries HIGHESTMODSEQ, in a session with QRESYNC.
  bool tell_modseq = false;
  // The first to enable CONDSTORE, with a mailbox selected (RFC 7162 3.1).
  bool enables_condstore = false;

 private:
  std::optional<store::Lease> lease_;
};

}  // namespace mail::imap
