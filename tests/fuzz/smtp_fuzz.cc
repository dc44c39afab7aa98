// Whole SMTP conversations.  The first byte chooses the kind of client, the
// second how the stream is cut; however that is, the replies and what was
// taken must be the same as in one piece.
#include <fcntl.h>

#include "base/fault.h"
#include "smtp/session.h"
#include "tests/support/session_driver.h"

namespace {

using namespace mail;

// Takes everything but what is for nobody@, and keeps what it took.
struct OpenHouse : smtp::Intake {
  bool is_trusted(const smtp::Client&) const override { return true; }
  struct Kept : smtp::Incoming {
    void trace(std::string_view field) override { write(field); }
    explicit Kept(std::string& into) : taken(into) {}
    const std::string& id() const override { return name; }
    void write(std::string_view bytes) override { text += bytes; }
    smtp::Reply accept(const smtp::Facts& facts) override {
      require(!facts.has_nul, "a NUL byte was taken");
      // Our own field ends with the date, which is the only part that moves.
      taken += text.substr(text.find(";\r\n\t"));
      taken += "\n--\n";
      return {250, "2.0.0", "Ok"};
    }
    std::string& taken;
    std::string name = "ID";
    std::string text;
  };
  std::string client_name(const smtp::Client&) override { return ""; }
  smtp::Reply sender(const smtp::Client&, const smtp::Sender&) override {
    return {250, "2.1.0", "Ok"};
  }
  smtp::Reply recipient(const smtp::Client&, const smtp::Transaction&,
                        const smtp::Recipient& recipient) override {
    if (recipient.local == "nobody") return {550, "5.1.1", "Nobody"};
    return {250, "2.1.5", "Ok"};
  }
  std::unique_ptr<smtp::Incoming> begin(const smtp::Client&,
                                        const smtp::Transaction&) override {
    return std::make_unique<Kept>(taken);
  }
  std::string taken;
};

// "1" is the response that is right.
struct Doorman : sasl::Authority {
  std::vector<std::string> mechanisms(bool, bool) const override {
    return {"STEPS"};
  }
  sasl::Answer start(const sasl::Attempt& attempt) override {
    sasl::Answer answer;
    answer.kind = attempt.mechanism == "STEPS" ? sasl::Answer::Kind::Challenge
                                               : sasl::Answer::Kind::Unknown;
    answer.exchange = "x";
    return answer;
  }
  sasl::Answer step(const std::string&, std::string_view response) override {
    sasl::Answer answer;
    answer.kind = response == "1" ? sasl::Answer::Kind::Success
                                  : sasl::Answer::Kind::Failure;
    answer.text = "last";
    answer.account = 1;
    return answer;
  }
  void cancel(const std::string&) override {}
};

std::string converse(unsigned char kind, std::string_view bytes,
                     std::size_t piece) {
  OpenHouse house;
  Doorman doorman;
  smtp::Rules rules;
  rules.hostname = "mail.example.test";
  rules.message_size = 5000;
  rules.recipients = 10;
  rules.has_tls = (kind & 4) != 0;
  rules.auth_on_loopback = true;
  const char* listeners[] = {"smtp", "submission", "submissions", "lmtp"};
  const net::Peer peer{"127.0.0.1", 1, listeners[kind & 3], true};
  SessionDriver driver(
      [&](const net::Peer& who, net::Link& link) {
        return std::make_unique<smtp::Session>(
            smtp::Session::Parts{rules, house, doorman, link}, who);
      },
      peer);
  std::string replies = driver.greet();
  while (!bytes.empty()) {
    replies += driver.send(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(bytes.size(), piece));
  }
  // Bytes behind STARTTLS are the server's to drop: cut streams differ.
  if (driver.secure()) return "";
  return replies + house.taken;
}

// The date moves with the clock.
std::string without_dates(std::string text) {
  for (std::size_t at = 0; (at = text.find(";\r\n\t", at)) != text.npos; ++at) {
    text.erase(at + 4, 31);
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2,
                               size - 2);
  const std::string whole = converse(data[0], bytes, bytes.size() + 1);
  const std::string cut = converse(data[0], bytes, data[1] % 16 + 1u);
  if (whole.empty() || cut.empty()) return 0;
  require(without_dates(whole) == without_dates(cut),
          "the cut of the stream changes what happens");
  return 0;
}
