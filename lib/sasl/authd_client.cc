#include "sasl/authd_client.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "sasl/link.h"

namespace mail::sasl {
namespace {

// Outside of authd an exchange is "connection.exchange": only the connection
// it began on can go on with it.
std::string outer(std::uint64_t connection, const std::string& exchange) {
  return std::to_string(connection) + '.' + exchange;
}

struct Inner {
  std::uint64_t connection;
  std::string exchange;
};

std::optional<Inner> inner(std::string_view exchange) {
  const auto dot = exchange.find('.');
  if (dot == exchange.npos) return std::nullopt;
  const auto connection = parse_number(exchange.substr(0, dot));
  if (!connection) return std::nullopt;
  return Inner{*connection, std::string(exchange.substr(dot + 1))};
}

Answer answer_of(std::optional<Link::Reply> reply) {
  if (!reply || reply->packet.kind != Kind::Answer) return {};
  auto answer = answer_from(reply->packet.fields);
  if (!answer) return {};
  if (!answer->exchange.empty()) {
    answer->exchange = outer(reply->connection, answer->exchange);
  }
  return std::move(*answer);
}

}  // namespace

AuthdClient::AuthdClient(const std::string& socket, Sha1 sha1,
                         std::chrono::milliseconds deadline)
    : link_(std::make_unique<Link>(socket)), sha1_(sha1),
      deadline_(deadline) {}

AuthdClient::~AuthdClient() = default;

std::vector<std::string> AuthdClient::mechanisms(bool secure,
                                                 bool plus) const {
  // Without TLS not even SCRAM: what comes behind it would be in the clear.
  if (!secure) return {};
  std::vector<std::string> names;
  if (plus) names.emplace_back("SCRAM-SHA-256-PLUS");
  if (plus && sha1_ == Sha1::Yes) names.emplace_back("SCRAM-SHA-1-PLUS");
  names.emplace_back("SCRAM-SHA-256");
  if (sha1_ == Sha1::Yes) names.emplace_back("SCRAM-SHA-1");
  names.emplace_back("PLAIN");
  names.emplace_back("LOGIN");
  return names;
}

// Nobody but the log learns why a client was sent away.
Answer AuthdClient::ask(const Packet& packet,
                        std::optional<std::uint64_t> connection) {
  const Micros start = steady_time();
  auto reply = link_->ask(packet, deadline_, connection);
  const bool answered = reply.has_value();
  Answer answer = answer_of(std::move(reply));
  if (answer.kind != Answer::Kind::Unavailable) return answer;
  const Micros waited = steady_time() - start;
  log_warn("login-unavailable",
           {{"waited", static_cast<double>(waited) / kSecond},
            {"reason", answered ? "authd could not say"
                       : waited / kMillisecond >= deadline_.count()
                           ? "authd did not answer in time"
                           : "authd is away, or went"}});
  return answer;
}

Answer AuthdClient::start(const Attempt& attempt) {
  return ask({Kind::Start, 0, fields_of(attempt)}, {});
}

Answer AuthdClient::step(const std::string& exchange,
                         std::string_view response) {
  const auto known = inner(exchange);
  if (!known) return {};
  return ask({Kind::Step, 0, {known->exchange, std::string(response)}},
             known->connection);
}

void AuthdClient::cancel(const std::string& exchange) {
  const auto known = inner(exchange);
  if (known) {
    link_->tell({Kind::Cancel, 0, {known->exchange}}, known->connection);
  }
}

}  // namespace mail::sasl
