#include "directory/auth_control.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/local_socket.h"
#include "directory/auth_admin.h"

namespace mail::directory {
namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{30};

Result<void> nothing(const Result<Words>& answer) {
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace

AuthControl::AuthControl(std::string socket, std::string credentials_db,
                         sasl::Sha1 sha1)
    : socket_(std::move(socket)), credentials_db_(std::move(credentials_db)),
      sha1_(sha1) {}

void AuthControl::use(Fd connected) {
  check_listener(connected);
  link_.emplace(socket_, std::move(connected));
}

// Others may make sockets in the folder where authd has its own.
void AuthControl::check_listener(const Fd& socket) const {
  struct stat file {};
  const bool there = ::stat(credentials_db_.c_str(), &file) == 0;
  const uid_t owner = there ? file.st_uid : ::geteuid();
  const auto listener = peer_of(socket);
  if (listener && listener->uid == owner) return;
  throw Fault(socket_ + ": who listens there does not own " + credentials_db_);
}

Result<Words> AuthControl::ask(Words words) {
  if (!link_) {
    auto socket = sasl::connect_to_authd(socket_);
    if (!socket) {
      Credentials credentials(credentials_db_);
      const std::atomic<sasl::Sha1> sha1 = sha1_;
      return AuthAdmin(credentials, nullptr, sha1).run(words);
    }
    use(std::move(*socket));
  }
  auto reply = link_->ask({sasl::Kind::Control, 0, std::move(words)},
                          kPatience, sasl::Link::kGiven);
  if (!reply) {
    link_.reset();
    throw Fault("authd does not answer us at " + socket_);
  }
  const auto& [kind, number, fields] = reply->packet;
  if (kind == sasl::Kind::Done) return fields;
  if (fields.size() == 1 && kind == sasl::Kind::Refused) {
    return refuse(fields[0]);
  }
  throw Fault(fields.size() == 1 && kind == sasl::Kind::Failed
                  ? "authd cannot do it now: " + fields[0]
                  : "authd answers nonsense at " + socket_);
}

Result<void> AuthControl::set_password(std::uint64_t account,
                                       std::string_view address,
                                       std::string_view password) {
  return nothing(ask({"set-password", std::to_string(account),
                      std::string(address), std::string(password)}));
}

Result<void> AuthControl::set_activity(std::uint64_t account,
                                       Activity activity) {
  return nothing(
      ask({"set-activity", std::to_string(account),
           activity == Activity::Active ? "active" : "suspended"}));
}

Result<void> AuthControl::remove(std::uint64_t account) {
  return nothing(ask({"remove", std::to_string(account)}));
}

Result<std::string> AuthControl::add_app_password(std::uint64_t account,
                                                  std::string_view address,
                                                  std::string_view name) {
  auto answer = ask({"add-app-password", std::to_string(account),
                     std::string(address), std::string(name)});
  if (!answer) return std::unexpected(answer.error());
  if (answer->size() != 1) throw Fault("authd answers nonsense");
  return answer->front();
}

Result<void> AuthControl::remove_app_password(std::uint64_t account,
                                              std::string_view name) {
  return nothing(ask({"remove-app-password", std::to_string(account),
                      std::string(name)}));
}

Result<CredentialSummary> AuthControl::show(std::uint64_t account) {
  const auto answer = ask({"show", std::to_string(account)});
  if (!answer) return std::unexpected(answer.error());
  if (answer->size() < 3) throw Fault("authd answers nonsense");
  CredentialSummary summary;
  summary.account = account;
  summary.address = (*answer)[0];
  summary.has_password = (*answer)[1] == "yes";
  summary.active = (*answer)[2] == "active";
  summary.app_passwords.assign(answer->begin() + 3, answer->end());
  return summary;
}

Result<std::vector<Ban>> AuthControl::bans() {
  const auto answer = ask({"bans"});
  if (!answer) return std::unexpected(answer.error());
  std::vector<Ban> all;
  for (std::size_t i = 0; i + 1 < answer->size(); i += 2) {
    const auto until = parse_number((*answer)[i + 1]);
    all.push_back({(*answer)[i], static_cast<Micros>(until.value_or(0))});
  }
  return all;
}

Result<void> AuthControl::unban(std::string_view address) {
  return nothing(ask({"unban", std::string(address)}));
}

}  // namespace mail::directory
