#include "sasl/packet.h"

#include "base/ascii.h"

namespace mail::sasl {
namespace {

constexpr std::size_t kMaxFields = 4096;

void put(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift);
  }
}

std::optional<std::uint64_t> take(std::string_view& rest, std::size_t bytes) {
  if (rest.size() < bytes) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    number = number << 8 | static_cast<unsigned char>(rest[i]);
  }
  rest.remove_prefix(bytes);
  return number;
}

std::string flag(bool value) { return value ? "1" : "0"; }

}  // namespace

std::optional<std::string> encode(const Packet& packet) {
  std::string out;
  put(out, static_cast<std::uint64_t>(packet.kind), 1);
  put(out, packet.number, 8);
  put(out, packet.fields.size(), 2);
  if (packet.fields.size() > kMaxFields) return std::nullopt;
  for (const std::string& field : packet.fields) {
    if (field.size() > kMaxPacket) return std::nullopt;
    put(out, field.size(), 2);
    out += field;
  }
  if (out.size() > kMaxPacket) return std::nullopt;
  return out;
}

std::optional<Packet> decode(std::string_view bytes) {
  if (bytes.size() > kMaxPacket) return std::nullopt;
  const auto kind = take(bytes, 1);
  const auto number = take(bytes, 8);
  const auto count = take(bytes, 2);
  if (!kind || !number || !count) return std::nullopt;
  const bool known = *kind >= 1 && *kind <= static_cast<int>(Kind::Failed);
  if (!known || *count > kMaxFields) return std::nullopt;
  Packet packet{static_cast<Kind>(*kind), *number, {}};
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = take(bytes, 2);
    if (!size || bytes.size() < *size) return std::nullopt;
    packet.fields.emplace_back(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
  }
  if (!bytes.empty()) return std::nullopt;
  return packet;
}

std::vector<std::string> fields_of(const Attempt& attempt) {
  return {attempt.mechanism,      flag(attempt.initial.has_value()),
          attempt.initial.value_or(""), attempt.service,
          attempt.peer_address,   flag(attempt.secure),
          attempt.tls_exporter,   attempt.tls_server_end_point};
}

std::optional<Attempt> attempt_from(const std::vector<std::string>& fields) {
  if (fields.size() != 8) return std::nullopt;
  Attempt attempt;
  attempt.mechanism = fields[0];
  if (fields[1] == "1") attempt.initial = fields[2];
  attempt.service = fields[3];
  attempt.peer_address = fields[4];
  attempt.secure = fields[5] == "1";
  attempt.tls_exporter = fields[6];
  attempt.tls_server_end_point = fields[7];
  return attempt;
}

std::vector<std::string> fields_of(const Answer& answer) {
  return {std::to_string(static_cast<int>(answer.kind)),
          answer.text,
          answer.exchange,
          std::to_string(answer.account),
          answer.address,
          std::to_string(answer.delay.count())};
}

std::optional<Answer> answer_from(const std::vector<std::string>& fields) {
  if (fields.size() != 6) return std::nullopt;
  const auto kind = parse_number(fields[0]);
  const auto account = parse_number(fields[3]);
  const auto delay = parse_number(fields[5]);
  if (!kind || !account || !delay) return std::nullopt;
  if (*kind > static_cast<int>(Answer::Kind::Unknown)) return std::nullopt;
  Answer answer;
  answer.kind = static_cast<Answer::Kind>(*kind);
  answer.text = fields[1];
  answer.exchange = fields[2];
  answer.account = *account;
  answer.address = fields[4];
  answer.delay = std::chrono::milliseconds(*delay);
  return answer;
}

}  // namespace mail::sasl
