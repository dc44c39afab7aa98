// Accounts of a real store in a folder of their own, and IMAP sessions on
// them without sockets.  Users: alice and bob, password "secret".
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "imap/session.h"
#include "tests/support/session_driver.h"
#include "tests/support/temp_dir.h"

namespace mail::imap {

// Knows two users by PLAIN; FAKE-SCRAM has a challenge and data at the end.
class FakeAuthority : public sasl::Authority {
 public:
  std::vector<std::string> mechanisms(bool secure, bool plus) const override;
  sasl::Answer start(const sasl::Attempt& attempt) override;
  sasl::Answer step(const std::string& exchange,
                    std::string_view response) override;
  void cancel(const std::string& exchange) override;

  bool away = false;
  int cancelled = 0;
  sasl::Attempt last;
};

class Site {
 public:
  Site();

  std::unique_ptr<SessionDriver> connect(net::Peer peer);
  // On loopback, where passwords are allowed.
  std::unique_ptr<SessionDriver> connect();
  // Logged in as alice or bob, or "" for nobody.
  std::unique_ptr<SessionDriver> login(std::string_view user);

  store::Accounts& accounts() { return accounts_; }
  std::string folder(std::uint64_t id) const;  // of an account
  // Of an account's message files.
  std::int64_t bytes_of_files(std::uint64_t id) const;
  void lose_account(std::uint64_t id);
  // To change before a session is made.
  FakeAuthority authority;
  std::int64_t message_size = 1 << 20;
  std::int64_t minimum_free = 0;
  bool auth_on_loopback = true;
  std::chrono::milliseconds timeout = std::chrono::minutes(31);

 private:
  TempDir dir_;
  store::Accounts accounts_;
  store::Watches watches_;
  net::Compressors compressors_;
  std::unique_ptr<Shared> shared_;
};

// Where the disk is not what is tested and would take most of the time.
std::unique_ptr<Site> site_in_memory();

// How a client uploads a message.
std::string append_command(std::string_view tag, std::string_view arguments,
                           std::string_view message);

}  // namespace mail::imap
