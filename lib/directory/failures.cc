#include "directory/failures.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/log.h"

namespace mail::directory {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxRecords = 100'000;
constexpr milliseconds kFirstDelay{500};
constexpr milliseconds kMaxDelay{8'000};
// A program on this machine that guesses is slowed, and no more.
constexpr milliseconds kLoopbackDelay{200};
// For each guess at one name beyond this many, from whatever address.
constexpr int kFreeGuesses = 20;
constexpr milliseconds kNameDelay{250};

}  // namespace

bool is_loopback(std::string_view network) {
  return network.starts_with("127.") || network == "::/64" ||
         network.empty();
}

std::string network_of(std::string_view address) {
  in6_addr parsed{};
  const std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    inet_ntop(AF_INET, &parsed.s6_addr[12], v4.data(), v4.size());
    return v4.data();
  }
  std::fill(&parsed.s6_addr[8], &parsed.s6_addr[16], std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, &parsed, out.data(), out.size());
  return std::string(out.data()) + "/64";
}

Failures::Record& Failures::touch(Table& table, const std::string& key) {
  const auto [found, fresh] = table.records.try_emplace(key);
  Record& record = found->second;
  if (!fresh) table.order.erase(record.place);
  table.order.push_back(key);
  record.place = std::prev(table.order.end());
  if (table.order.size() > kMaxRecords) {
    table.records.erase(table.order.front());
    table.order.pop_front();
  }
  return record;
}

void Failures::count(Record& record) const {
  if (clock_.now() - record.first > kWindow) {
    record.first = clock_.now();
    record.failures = 0;
  }
  ++record.failures;
}

bool Failures::banned(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto found = networks_.records.find(network_of(address));
  return found != networks_.records.end() &&
         found->second.banned_until > clock_.now();
}

milliseconds Failures::failed(std::string_view address, std::string_view name,
                              std::string_view guess) {
  const std::lock_guard lock(mutex_);
  const std::string network = network_of(address);
  if (is_loopback(network)) return kLoopbackDelay;
  Record& from = touch(networks_, network);
  Record& at = touch(names_, std::string(name));
  const bool repeated = !guess.empty() && from.last_guess == guess;
  if (!repeated) {
    count(from);
    count(at);
    from.last_guess = guess;
  }
  if (from.failures >= kFailuresToBan && from.banned_until <= clock_.now()) {
    from.banned_until = clock_.now() + kBan;
    log_warn("address-banned", {{"peer", network},
                                {"failures", from.failures},
                                {"seconds", kBan / kSecond}});
  }
  if (from.succeeded) return kFirstDelay;
  const int doublings = std::clamp(from.failures - 1, 0, 5);
  const milliseconds own = std::min(kMaxDelay, kFirstDelay * (1 << doublings));
  const int guesses = std::max(0, at.failures - kFreeGuesses);
  return own + std::min(kMaxDelay, kNameDelay * guesses);
}

void Failures::succeeded(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const std::string network = network_of(address);
  if (is_loopback(network)) return;
  // Failures still count: one right password must not buy nine wrong ones.
  touch(networks_, network).succeeded = true;
}

std::vector<Ban> Failures::bans() {
  const std::lock_guard lock(mutex_);
  std::vector<Ban> all;
  for (const auto& [network, record] : networks_.records) {
    if (record.banned_until > clock_.now()) {
      all.push_back({network, record.banned_until});
    }
  }
  return all;
}

bool Failures::unban(std::string_view address) {
  const std::lock_guard lock(mutex_);
  auto found = networks_.records.find(address);
  if (found == networks_.records.end()) {
    found = networks_.records.find(network_of(address));
  }
  if (found == networks_.records.end() ||
      found->second.banned_until <= clock_.now()) {
    return false;
  }
  found->second.banned_until = 0;
  found->second.failures = 0;
  return true;
}

}  // namespace mail::directory
