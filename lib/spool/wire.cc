#include "spool/wire.h"

#include <algorithm>

#include "base/ascii.h"
#include "spool/spool.h"

namespace mail::spool {
namespace {

// The lines of a packet; nothing when the last is not ended.
std::optional<std::vector<std::string_view>> lines_of(
    std::string_view packet) {
  if (packet.empty() || packet.back() != '\n') return {};
  packet.remove_suffix(1);
  return split(packet, '\n');
}

template <class Set, class Value>
void mark(Set& set, std::string_view verb, std::string_view closing,
          Value value) {
  if (verb == closing) {
    set.insert(std::move(value));
  } else if (const auto found = set.find(value); found != set.end()) {
    set.erase(found);
  }
}

// Values of one verb in as many packets as they take.
class Packer {
 public:
  explicit Packer(std::vector<std::string>& out) : out_(out) {}
  void add(std::string_view verb, std::string_view value) {
    if (packet_.size() + value.size() + 1 > kMaxPacket || verb != verb_) end();
    if (packet_.empty()) packet_.append(verb).append("\n");
    verb_ = verb;
    packet_.append(value).append("\n");
  }
  void end() {
    if (!packet_.empty()) out_.push_back(std::move(packet_));
    packet_.clear();
  }

 private:
  std::vector<std::string>& out_;
  std::string packet_;
  std::string_view verb_;
};

}  // namespace

std::string accepted_packet(std::span<const std::string> ids) {
  std::string packet = "accepted\n";
  for (const std::string& id : ids) packet.append(id).append("\n");
  return packet;
}

Result<std::vector<std::string>> parse_accepted(std::string_view packet) {
  const auto lines = lines_of(packet);
  if (!lines || lines->front() != "accepted") return refuse("unknown packet");
  std::vector<std::string> ids;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    if (!is_id((*lines)[i])) return refuse("packet holds no id");
    ids.emplace_back((*lines)[i]);
  }
  return ids;
}

std::string look_packet(std::uint64_t account) {
  return change_packet("look", std::to_string(account));
}

std::optional<std::uint64_t> parse_look(std::string_view packet) {
  constexpr std::string_view kVerb = "look\n";
  if (!packet.starts_with(kVerb) || packet.back() != '\n') return {};
  packet.remove_prefix(kVerb.size());
  if (!packet.empty()) packet.remove_suffix(1);
  return parse_number(packet);
}

Result<bool> Closures::apply(std::string_view packet) {
  const auto lines = lines_of(packet);
  if (!lines) return refuse("packet is cut off");
  const std::string_view verb = lines->front();
  if (verb == "forget" && lines->size() == 1) {
    *this = {};
    return true;
  }
  if (verb == "left") return apply_left(std::span(*lines).subspan(1));
  const bool of_account = verb == "full" || verb == "room";
  if (!of_account && verb != "suspended" && verb != "resumed") {
    return refuse("unknown packet");
  }
  const auto values = std::span(*lines).subspan(1);
  for (const std::string_view value : values) {
    if (value.empty() || (of_account && !parse_number(value))) {
      return refuse("bad value");
    }
  }
  for (const std::string_view value : values) {
    if (of_account) {
      mark(full, verb, "full", *parse_number(value));
    } else {
      mark(suspended, verb, "suspended", std::string(value));
    }
  }
  return true;
}

Result<bool> Closures::apply_left(std::span<const std::string_view> lines) {
  auto told = left;
  for (const std::string_view line : lines) {
    const std::size_t blank = std::min(line.find(' '), line.size() - 1);
    const auto account = parse_number(line.substr(0, blank));
    const auto octets = parse_number(line.substr(blank + 1));
    if (!account || !octets || *octets > INT64_MAX) return refuse("bad value");
    told[*account] = static_cast<std::int64_t>(*octets);
  }
  left = std::move(told);
  return true;
}

std::string change_packet(std::string_view verb, std::string_view value) {
  return std::string(verb) + "\n" + std::string(value) + "\n";
}

std::vector<std::string> closure_packets(const Closures& closures) {
  std::vector<std::string> packets = {"forget\n"};
  Packer packer(packets);
  for (const auto account : closures.full) {
    packer.add("full", std::to_string(account));
  }
  for (const auto& domain : closures.suspended) {
    packer.add("suspended", domain);
  }
  packer.end();
  return packets;
}

}  // namespace mail::spool
