#include "tests/support/hostile_dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <optional>
#include <vector>

#include "base/ascii.h"

namespace mail {
namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kMx = 15;
constexpr std::string_view kSelf = "\xc0\x0c";  // the name asked for
constexpr std::string_view kBank = "bank.example.org";

std::string two(std::size_t n) {
  return {static_cast<char>(n >> 8 & 0xff), static_cast<char>(n & 0xff)};
}

std::string wire_name(std::string_view name) {
  std::string wire;
  for (const auto label : split(name, '.')) {
    wire += static_cast<char>(label.size());
    wire += label;
  }
  return wire + '\0';
}

std::string record(std::string_view owner, std::uint16_t type,
                   const std::string& data) {
  return std::string(owner) + two(type) + two(1) + std::string(2, '\0') +
         two(300) + two(data.size()) + data;
}

std::string mx(std::size_t preference, const std::string& host) {
  return record(kSelf, kMx, two(preference) + wire_name(host));
}

struct Question {
  std::string id;
  std::string text;  // name, type, class
  std::string name;
  std::uint16_t type = 0;
};

std::optional<Question> read(std::string_view packet) {
  if (packet.size() < 17) return {};
  Question question;
  question.id = packet.substr(0, 2);
  std::size_t at = 12;
  while (at < packet.size() && packet[at] != 0) {
    const auto length = static_cast<std::size_t>(packet[at]);
    if (length > 63 || at + 1 + length >= packet.size()) return {};
    if (!question.name.empty()) question.name += '.';
    question.name += packet.substr(at + 1, length);
    at += 1 + length;
  }
  if (at + 5 > packet.size()) return {};
  question.type = static_cast<std::uint16_t>(
      static_cast<unsigned char>(packet[at + 1]) << 8 |
      static_cast<unsigned char>(packet[at + 2]));
  question.text = packet.substr(12, at + 5 - 12);
  question.name = lower(question.name);
  return question;
}

struct Sections {
  std::vector<std::string> answers;
  std::vector<std::string> additional;
};

std::string packet(const Question& question, const Sections& sections) {
  std::string out = question.id + "\x85\x80" + two(1) +
                    two(sections.answers.size()) + two(0) +
                    two(sections.additional.size()) + question.text;
  for (const auto& one : sections.answers) out += one;
  for (const auto& one : sections.additional) out += one;
  return out;
}

std::string alias(const std::string& other) {
  return record(kSelf, kCname, wire_name(other));
}

Sections honest(const Question& question) {
  if (question.type == kA) {
    return {{record(kSelf, kA, std::string("\xc0\x00\x02\x01", 4))}, {}};
  }
  return {};
}

Sections sections_for(const Question& q) {
  const std::string label = q.name.substr(0, q.name.find('.'));
  const std::string evil(4, '\x06');
  if (label == "loop-a") return {{alias("loop-b.example.org")}, {}};
  if (label == "loop-b") return {{alias("loop-a.example.org")}, {}};
  if (label.starts_with("chain-")) {
    const auto n = parse_number(label.substr(6)).value_or(0);
    return {{alias("chain-" + std::to_string(n + 1) + ".example.org")}, {}};
  }
  if (label.starts_with("lies")) {
    return {{record(wire_name(kBank), kA, evil),
             record(wire_name(kBank), kMx, two(1) + wire_name("evil.example"))},
            {}};
  }
  if (label.starts_with("poison") && q.type == kMx) {
    return {{mx(10, std::string(kBank))},
            {record(wire_name(kBank), kA, evil)}};
  }
  if (label.starts_with("twisted")) {
    return {{record(kSelf, kMx, two(10) + "\xc0" + two(12 + q.text.size() + 13)
                                                       .substr(1))},
            {}};
  }
  Sections sections;
  if (label.starts_with("many") && q.type == kMx) {
    for (std::size_t i = 0; i < 1000; ++i) {
      sections.answers.push_back(
          mx(i % 7, "h" + std::to_string(i) + ".example.org"));
    }
    return sections;
  }
  return honest(q);
}

// Nothing: not a word.
std::optional<std::string> reply_to(const Question& question) {
  if (question.name.starts_with("silent")) return {};
  Question asked = question;
  if (question.name.starts_with("other-id")) asked.id[0] ^= 0x55;
  std::string reply = packet(asked, sections_for(asked));
  if (question.name.starts_with("short")) reply.resize(reply.size() - 7);
  if (question.name.starts_with("noise")) {
    for (std::size_t i = 12; i < reply.size(); ++i) {
      reply[i] = static_cast<char>(i * 77);
    }
  }
  return reply;
}

}  // namespace

HostileDns::HostileDns() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&address),
                &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HostileDns::~HostileDns() {
  stopping_ = true;
  thread_.join();
}

void HostileDns::serve() {
  std::string buffer(65'536, '\0');
  pollfd ready{socket_.number(), POLLIN, 0};
  while (!stopping_) {
    if (::poll(&ready, 1, 20) != 1) continue;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t n =
        ::recvfrom(socket_.number(), buffer.data(), buffer.size(), 0,
                   reinterpret_cast<sockaddr*>(&from), &size);
    if (n <= 0) continue;
    ++asked_;
    const auto question =
        read(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
    const auto reply = question ? reply_to(*question) : std::nullopt;
    if (!reply) continue;
    ::sendto(socket_.number(), reply->data(), reply->size(), 0,
             reinterpret_cast<sockaddr*>(&from), size);
  }
}

}  // namespace mail
