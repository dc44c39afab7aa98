// AuthControl: what mailctl asks of authd over its control socket.
//
//   AuthControl control(settings.authd_control(), settings.credentials_db());
//   control.set_password(account.id, account.address, password);
//
// Where no authd listens, and the caller owns credentials.db, the same is
// done in the file itself; authd sees it when it starts.  Anything else in
// the way is a Fault; so is a listener who does not own credentials.db, since
// passwords go there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "sasl/authd_client.h"
#include "sasl/link.h"

namespace mail::directory {

// What may be told about an account's credentials.
struct CredentialSummary {
  std::uint64_t account = 0;
  std::string address;
  bool has_password = false;
  bool active = true;
  std::vector<std::string> app_passwords;  // their names
};

struct Ban {
  std::string network;  // "192.0.2.1", "2001:db8::/64"
  Micros until = 0;
};

enum class Activity { Active, Suspended };

class AuthControl {
 public:
  // `sha1`: whether SCRAM-SHA-1 is configured; authd knows by itself.
  AuthControl(std::string socket, std::string credentials_db,
              sasl::Sha1 sha1 = sasl::Sha1::No);

  // Asks over this connection: authd goes by who connected.
  void use(Fd connected);

  // Also makes the account known; every session's remembered login ends.
  Result<void> set_password(std::uint64_t account, std::string_view address,
                            std::string_view password);
  // A suspended account cannot log in; its passwords stay.
  Result<void> set_activity(std::uint64_t account, Activity activity);
  // Forgets all about the account.
  Result<void> remove(std::uint64_t account);
  // The new password, made here and never shown again.
  Result<std::string> add_app_password(std::uint64_t account,
                                       std::string_view address,
                                       std::string_view name);
  Result<void> remove_app_password(std::uint64_t account,
                                   std::string_view name);
  Result<CredentialSummary> show(std::uint64_t account);

  Result<std::vector<Ban>> bans();
  Result<void> unban(std::string_view address);

 private:
  Result<std::vector<std::string>> ask(std::vector<std::string> words);
  void check_listener(const Fd& socket) const;

  std::string socket_;
  std::string credentials_db_;
  sasl::Sha1 sha1_;
  std::optional<sasl::Link> link_;
};

}  // namespace mail::directory
