// SmtpHouse: all that an SMTP session needs, around a spool in a TempDir.
//
// The domain example.test with alice, bob, and carol (whose mailbox the
// scheduler can call full); alice's password is "secret".  Clients from
// 192.0.2.7 may relay.  Real Desk, spool and wire; a directory, an authority
// and a resolver of a few lines each.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/file.h"
#include "intake/desk.h"
#include "smtp/session.h"
#include "spool/hub.h"
#include "spool/shelves.h"
#include "spool/spool.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/session_driver.h"
#include "tests/support/temp_dir.h"

namespace mail {

class HouseDirectory : public directory::Directory {
 public:
  bool broken = false;
  std::string suspended;  // the address of an account
  std::int64_t quota = 0;  // of everybody

  bool is_local(std::string_view domain) override {
    if (broken) throw Fault("directory.db: disk I/O error");
    return domain == "example.test";
  }
  Result<std::vector<directory::Destination>> expand(
      std::string_view address) override {
    const auto found = accounts_.find(lower(address));
    if (found == accounts_.end()) return refuse("no such address");
    return std::vector{directory::Destination{
        found->second, found->first, "", found->first != suspended, quota}};
  }
  std::optional<directory::Account> account(std::uint64_t id) override {
    for (const auto& [address, number] : accounts_) {
      if (number != id) continue;
      return directory::Account{id, address, quota, address != suspended};
    }
    return {};
  }
  std::optional<directory::Account> account(std::string_view) override {
    return {};
  }
  bool may_send_as(std::uint64_t id, std::string_view address) override {
    const auto found = accounts_.find(lower(address));
    return found != accounts_.end() && found->second == id;
  }

 private:
  std::map<std::string, std::uint64_t, std::less<>> accounts_ = {
      {"alice@example.test", 1},
      {"bob@example.test", 2},
      {"carol@example.test", 3},
      {"postmaster@example.test", 1},
      {"jos\xc3\xa9@example.test", 4}};
};

// PLAIN, and STEPS: which asks for "one", then gives last words with success.
class HouseAuthority : public sasl::Authority {
 public:
  bool away = false;
  int cancelled = 0;

  std::vector<std::string> mechanisms(bool, bool plus) const override {
    if (plus) return {"STEPS-PLUS", "STEPS", "PLAIN"};
    return {"STEPS", "PLAIN"};
  }
  sasl::Answer start(const sasl::Attempt& attempt) override {
    if (away) return answer(Kind::Unavailable);
    const bool steps = attempt.mechanism.starts_with("STEPS");
    if (!steps && attempt.mechanism != "PLAIN") return answer(Kind::Unknown);
    if (!steps && attempt.initial) return step("P", *attempt.initial);
    sasl::Answer challenge = answer(Kind::Challenge);
    challenge.text = steps ? "one" : "";
    challenge.exchange = steps ? "S" : "P";
    return challenge;
  }
  sasl::Answer step(const std::string& exchange,
                    std::string_view response) override {
    const std::string plain("\0alice@example.test\0secret", 26);
    const bool good = exchange == "P" ? response == plain : response == "1";
    sasl::Answer result = answer(good ? Kind::Success : Kind::Failure);
    if (!good) result.delay = std::chrono::seconds(2);
    if (good && exchange == "S") result.text = "last";
    return result;
  }
  void cancel(const std::string&) override { ++cancelled; }

 private:
  using Kind = sasl::Answer::Kind;
  static sasl::Answer answer(Kind kind) {
    sasl::Answer answer;
    answer.kind = kind;
    answer.account = 1;
    answer.address = "alice@example.test";
    return answer;
  }
};

struct SmtpHouse {
  SmtpHouse() {
    rules.hostname = settings.hostname = "mail.example.test";
    rules.has_tls = true;
    settings.minimum_free = 0;
    settings.smtp_relay_networks = {"192.0.2.7/32"};
  }

  net::SessionFactory factory() {
    desk.emplace(intake::Desk::Parts{settings, directory, resolver, spool,
                                     scheduler, clock});
    return [this](const net::Peer& peer, net::Link& link) {
      return std::make_unique<smtp::Session>(
          smtp::Session::Parts{rules, *desk, authority, link}, peer);
    };
  }

  std::unique_ptr<SessionDriver> connect(
      std::string_view listener, std::string_view address = "198.51.100.1") {
    net::Peer peer{std::string(address), 4711, std::string(listener), false};
    auto driver = std::make_unique<SessionDriver>(factory(), peer);
    driver->tls = {"TLSv1.3", "TLS_AES_256_GCM_SHA384", "", "x", "y"};
    return driver;
  }

  std::vector<std::string> ids() {
    return spool::Shelves(dir.path()).list(spool::Shelf::In);
  }

  // A message as it is stored, and its envelope; stored() is the only one's:
  // ids of one millisecond have no order.
  struct Stored {
    std::string bytes;
    spool::Envelope envelope;
  };
  Stored stored() {
    Stored stored;
    for (const std::string& id : ids()) stored = stored_as(id, stored);
    return stored;
  }

  // The message of that id; `otherwise` when it is not whole.
  Stored stored_as(const std::string& id, Stored otherwise = {}) {
    spool::Shelves shelves(dir.path());
    const auto item = shelves.open_verified(spool::Shelf::In, id);
    if (!item) return otherwise;
    const auto length = static_cast<std::size_t>(item->footer.message_length);
    return {item->file.read_at(0, length), item->envelope};
  }

  // What the peer sent: without our Received field.
  static std::string body(const std::string& bytes) {
    std::size_t end = bytes.find("\r\n");
    while (end != bytes.npos && bytes.substr(end + 2, 1) == "\t") {
      end = bytes.find("\r\n", end + 2);
    }
    return bytes.substr(end + 2);
  }

  TempDir dir;
  config::Settings settings;
  smtp::Rules rules;
  HouseDirectory directory;
  HouseAuthority authority;
  // 198.51.100.2 only says it is mx.client.example.
  FakeResolver resolver{
      "1.100.51.198.in-addr.arpa PTR mx.client.example\n"
      "2.100.51.198.in-addr.arpa PTR mx.client.example\n"
      "mx.client.example A 198.51.100.1\n"};
  spool::Writer spool{(spool::make_spool(dir.path()), dir.path())};
  spool::Hub hub{dir.path() + "/scheduler", {}};
  spool::Announcer scheduler{dir.path() + "/scheduler"};
  SystemClock clock;
  std::optional<intake::Desk> desk;
};

}  // namespace mail
