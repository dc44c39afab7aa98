#include "tests/support/imap_site.h"

#include <unistd.h>

#include <filesystem>

#include "store/administration.h"

namespace mail::imap {
namespace {

using Kind = sasl::Answer::Kind;

sasl::Answer judged(std::string_view plain) {
  sasl::Answer answer;
  answer.kind = Kind::Success;
  const auto ends = [&](std::string_view text) { return plain == text; };
  if (ends(std::string_view("\0alice\0secret", 13))) {
    answer.account = 1;
  } else if (ends(std::string_view("\0bob\0secret", 11))) {
    answer.account = 2;
  } else {
    answer.kind = Kind::Failure;
    answer.delay = std::chrono::milliseconds(250);
  }
  answer.address = "somebody@example.test";
  return answer;
}

}  // namespace

std::vector<std::string> FakeAuthority::mechanisms(bool secure,
                                                   bool plus) const {
  if (!secure) return {};
  if (plus) return {"FAKE-SCRAM-PLUS", "FAKE-SCRAM", "PLAIN"};
  return {"FAKE-SCRAM", "PLAIN"};
}

sasl::Answer FakeAuthority::start(const sasl::Attempt& attempt) {
  last = attempt;
  sasl::Answer answer;
  if (away) return answer;
  answer.kind = Kind::Unknown;
  if (!attempt.secure) return answer;
  if (attempt.mechanism == "PLAIN" && attempt.initial) {
    return judged(*attempt.initial);
  }
  if (attempt.mechanism != "PLAIN" && attempt.mechanism != "FAKE-SCRAM") {
    return answer;
  }
  answer.kind = Kind::Challenge;
  answer.exchange = attempt.mechanism;
  if (attempt.mechanism == "FAKE-SCRAM") answer.text = "who?";
  return answer;
}

sasl::Answer FakeAuthority::step(const std::string& exchange,
                                 std::string_view response) {
  sasl::Answer answer = judged(response);
  if (exchange == "FAKE-SCRAM") answer.text = "v=proof";
  return answer;
}

void FakeAuthority::cancel(const std::string&) { ++cancelled; }

Site::Site()
    : accounts_({.folder = [this](auto id) { return folder(id); },
                 .next_uidvalidity = {}}),
      watches_([this](auto id) { return folder(id); }) {
  std::uint32_t uidvalidity = 1000;
  for (const std::uint64_t id : {1u, 2u}) {
    store::make_account(folder(id), id, [&] { return ++uidvalidity; });
  }
}

std::string Site::folder(std::uint64_t id) const {
  return dir_.path() + "/" + std::to_string(id);
}

std::int64_t Site::bytes_of_files(std::uint64_t id) const {
  std::int64_t sum = 0;
  for (const auto& item :
       std::filesystem::recursive_directory_iterator(folder(id) + "/msg")) {
    if (item.is_regular_file()) {
      sum += static_cast<std::int64_t>(item.file_size());
    }
  }
  return sum;
}

void Site::lose_account(std::uint64_t id) {
  accounts_.close_idle();
  std::filesystem::remove_all(folder(id));
}

std::unique_ptr<SessionDriver> Site::connect(net::Peer peer) {
  if (!shared_) {
    shared_ =
        std::make_unique<Shared>(Shared{.accounts = accounts_,
                                        .watches = watches_,
                                        .authority = authority,
                                        .timeout = timeout,
                                        .message_size = message_size,
                                        .minimum_free = minimum_free,
                                        .auth_on_loopback = auth_on_loopback,
                                        .has_tls = true});
  }
  return std::make_unique<SessionDriver>(
      [this](const net::Peer& who, net::Link& link) {
        return make_session(*shared_, compressors_, who, link);
      },
      std::move(peer));
}

std::unique_ptr<SessionDriver> Site::connect() {
  return connect({.address = "127.0.0.1",
                  .port = 40000,
                  .listener = "imap",
                  .loopback = true});
}

std::unique_ptr<SessionDriver> Site::login(std::string_view user) {
  auto driver = connect();
  driver->greet();
  driver->send("l LOGIN " + std::string(user) + " secret\r\n");
  return driver;
}

std::unique_ptr<Site> site_in_memory() {
  const bool memory = ::access("/dev/shm", W_OK) == 0;
  if (memory) ::setenv("TMPDIR", "/dev/shm", 1);
  auto site = std::make_unique<Site>();
  if (memory) ::unsetenv("TMPDIR");
  return site;
}

std::string append_command(std::string_view tag, std::string_view arguments,
                           std::string_view message) {
  return std::string(tag) + " APPEND " + std::string(arguments) + " {" +
         std::to_string(message.size()) + "+}\r\n" + std::string(message) +
         "\r\n";
}

}  // namespace mail::imap
