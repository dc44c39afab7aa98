#include "tests/support/scripted_sender.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "base/random.h"
#include "deliver/errand.h"

namespace mail::deliver {
namespace {

void say(const Fd& socket, const FromSender& message) {
  const std::string packet = to_packet(message);
  ::send(socket.number(), packet.data(), packet.size(), MSG_NOSIGNAL);
}

Found find(const Lookup& lookup) {
  Found found;
  found.number = lookup.number;
  found.ttl = 60;
  if (lookup.domain.starts_with("gone")) {
    found.outcome = Found::Outcome::NoDomain;
    found.enhanced = "5.1.2";
    found.why = "no such domain";
    return found;
  }
  found.outcome = Found::Outcome::Hosts;
  found.hosts.push_back({10, "mx." + lookup.domain});
  found.site = "mx." + lookup.domain;
  return found;
}

Verdict judge(std::string address, const std::string& log) {
  using Outcome = Verdict::Outcome;
  if (address.starts_with("hang-")) {
    replace_file(log + ".hangs", "", 0600);
    while (::access((log + ".go").c_str(), F_OK) != 0) ::usleep(10'000);
    address = address.substr(5);
  }
  if (address.starts_with("later-")) {
    return {Outcome::Temporary, 450, "4.7.1", "come back later"};
  }
  if (address.starts_with("no-")) {
    return {Outcome::Permanent, 550, "5.1.1", "no such user"};
  }
  if (address.starts_with("die-always")) std::abort();
  if (address.starts_with("die-once")) {
    const int mark = ::open((log + ".died").c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (mark >= 0) std::abort();
  }
  return {Outcome::Delivered, 250, "2.0.0", "taken"};
}

// Whose server takes its time: nothing is heard of the errand.
bool is_silent(const Errand& errand) {
  return errand.recipients.front().address.starts_with("silent-");
}

Report carry_out(const Errand& errand, const std::string& log) {
  Report report;
  report.number = errand.number;
  report.slot = errand.slot;
  report.visits = {{.host = "mx." + errand.hop.name}};
  report.open = true;
  const bool dead = errand.hop.name.starts_with("dead");
  if (dead) report.site = Report::Site::Dead;
  report.open = !dead;
  for (const auto& to : errand.recipients) {
    report.verdicts.push_back(
        dead ? Verdict{Verdict::Outcome::Temporary, 0, "4.4.1", "nobody there"}
             : judge(to.address, log));
    report.verdicts.back().answered = !dead;
    if (report.verdicts.back().outcome != Verdict::Outcome::Delivered) {
      continue;
    }
    const Fd file(
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    file.write(errand.id + " " + to.address + "\n");
  }
  return report;
}

}  // namespace

int run_scripted_sender(const Fd& socket, const std::string& log) {
  ::signal(SIGABRT, SIG_DFL);
  const std::uint64_t life = random_number() >> 1;
  say(socket, Ready{life});
  std::string buffer(kMaxErrandPacket, '\0');
  while (true) {
    const ssize_t n = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
    if (n <= 0) return 0;
    const auto message = parse_to_sender(
        std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
    if (!message) return 1;
    if (const auto* lookup = std::get_if<Lookup>(&*message)) {
      if (lookup->life == life) say(socket, find(*lookup));
    } else if (const auto* errand = std::get_if<Errand>(&*message)) {
      if (errand->life != life || is_silent(*errand)) continue;
      say(socket, carry_out(*errand, log));
    }
  }
}

}  // namespace mail::deliver
