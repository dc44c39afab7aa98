#include "relay/passwords.h"

#include <sys/stat.h>
#include <sysexits.h>

#include <set>

#include "base/ascii.h"
#include "base/file.h"
#include "base/process.h"
#include "config/next_hop.h"

namespace mail::relay {
namespace {

constexpr std::size_t kLargest = 1 << 20;

// Takes the first word off the front, and the blanks behind it.
std::string_view next_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

Result<std::string> read_closed(const std::string& path) {
  struct stat facts{};
  auto text = read_file(path, kLargest);
  if (!text || ::stat(path.c_str(), &facts) != 0) {
    return refuse(path + ": no such file");
  }
  if ((facts.st_mode & S_IRWXO) != 0) {
    return refuse(path + ": open to everybody (chmod o=)");
  }
  return std::move(*text);
}

// Those that routes call for.
std::set<std::string> logins_of(const config::Settings& settings) {
  std::set<std::string> logins;
  const auto take = [&logins](const config::Way& way) {
    for (const auto& hop : way.hops) {
      if (!hop.login.empty()) logins.insert(hop.login);
    }
  };
  if (const auto way = config::parse_way(settings.relayhost)) take(*way);
  for (const auto& line : settings.routes) {
    if (const auto route = config::parse_route(line)) take(route->way);
  }
  return logins;
}

}  // namespace

Result<Passwords> Passwords::parse(std::string_view text) {
  Passwords passwords;
  std::string wrong;
  int number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    std::string_view rest = trim(line);
    if (rest.empty() || rest.starts_with('#')) continue;
    const std::string name(next_word(rest));
    const std::string user(next_word(rest));
    const bool bad = rest.empty() || rest.find('\0') != rest.npos ||
                     user.find('\0') != user.npos;
    if (bad || passwords.all_.contains(name)) {
      wrong += (wrong.empty() ? "line " : ", line ") + std::to_string(number);
      continue;
    }
    passwords.all_[name] = {user, std::string(rest)};
  }
  if (!wrong.empty()) {
    return refuse(wrong + ": not a name (used once), a user and a password");
  }
  return passwords;
}

Result<Passwords> Passwords::read(const config::Settings& settings) {
  Passwords passwords;
  if (const std::string& path = settings.relay_passwords; !path.empty()) {
    const auto text = read_closed(path);
    if (!text) return std::unexpected(text.error());
    auto parsed = parse(*text);
    if (!parsed) return refuse(path + ": " + parsed.error().why);
    passwords = std::move(*parsed);
  }
  std::string missing;
  for (const auto& login : logins_of(settings)) {
    if (!passwords.find(login)) missing += " " + login;
  }
  if (!missing.empty()) {
    return refuse("relay_passwords has no line for" + missing);
  }
  return passwords;
}

Passwords Passwords::load(const config::Settings& settings) {
  auto passwords = read(settings);
  if (!passwords) throw Exit(EX_CONFIG, passwords.error().why);
  return std::move(*passwords);
}

const Credentials* Passwords::find(const std::string& name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

void Passwords::forget() {
  for (auto& [name, one] : all_) {
    ::explicit_bzero(one.password.data(), one.password.size());
  }
  all_.clear();
}

}  // namespace mail::relay
