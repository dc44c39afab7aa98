#include "directory/authd.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "directory/auth_admin.h"
#include "directory/local_server.h"

namespace mail::directory {
namespace {

using sasl::Kind;
using sasl::Packet;

// A descriptor that becomes readable with SIGTERM or SIGINT; blocks both for
// the threads made behind it.
Fd end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) throw_errno("signalfd");
  return signals;
}

// Hands packets of smtpd and imapd to the service, and answers back.
class ServiceDesk : public LocalServer::Handler {
 public:
  ServiceDesk(Fd listener, Admission admission,
              const AuthService::Parts& parts, const AuthOptions& options)
      : service_(parts, options),
        server_(std::move(listener), std::move(admission), *this) {
    server_.watch(parts.pool.done(), [this] { answer_finished(); });
  }

  LocalServer& server() { return server_; }
  AuthService& service() { return service_; }

  void received(std::uint64_t client, Packet packet) override {
    auto& fields = packet.fields;
    const AuthService::Origin origin{client, packet.number};
    if (packet.kind == Kind::Start) {
      const auto attempt = sasl::attempt_from(fields);
      if (attempt) answer(origin, service_.start(origin, *attempt));
    } else if (packet.kind == Kind::Step && fields.size() == 2) {
      answer(origin, service_.step(origin, fields[0], fields[1]));
    } else if (packet.kind == Kind::Cancel && fields.size() == 1) {
      service_.cancel(client, fields[0]);
    }
  }

  void closed(std::uint64_t client) override { service_.forget(client); }

  void failed(std::uint64_t client, std::uint64_t number,
              const std::string&) override {
    answer({client, number}, sasl::Answer{});  // Unavailable
  }

 private:
  void answer(const AuthService::Origin& origin,
              const std::optional<sasl::Answer>& ready) {
    if (!ready) return;
    server_.send(origin.client,
                 {Kind::Answer, origin.number, sasl::fields_of(*ready)});
  }

  void answer_finished() {
    for (const auto& reply : service_.finished()) {
      answer(reply.origin, reply.answer);
    }
  }

  AuthService service_;
  LocalServer server_;
};

// Does what mailctl asks for.
class ControlDesk : public LocalServer::Handler {
 public:
  ControlDesk(Fd listener, Admission admission, AuthAdmin admin)
      : admin_(std::move(admin)),
        server_(std::move(listener), std::move(admission), *this) {}

  LocalServer& server() { return server_; }

  void received(std::uint64_t client, Packet packet) override {
    if (packet.kind != Kind::Control) return;
    const auto done = admin_.run(packet.fields);
    Packet answer{done ? Kind::Done : Kind::Refused, packet.number, {}};
    answer.fields = done ? *done : std::vector{done.error().why};
    server_.send(client, answer);
  }

  void closed(std::uint64_t) override {}

  void failed(std::uint64_t client, std::uint64_t number,
              const std::string& why) override {
    server_.send(client, {Kind::Failed, number, {why}});
  }

 private:
  AuthAdmin admin_;
  LocalServer server_;
};

// Reads what reload_message() wrote; nothing when the parent is gone.
std::optional<AuthOptions> read_reload(const Fd& reload) {
  std::array<char, 64> room{};
  const ssize_t size = ::recv(reload.number(), room.data(), room.size(), 0);
  if (size <= 0) return std::nullopt;
  const auto words =
      split({room.data(), static_cast<std::size_t>(size)}, ' ');
  if (words.size() != 2) return std::nullopt;
  const auto remember = parse_number(words[1]);
  if (!remember) return std::nullopt;
  return AuthOptions{words[0] == "1" ? sasl::Sha1::Yes : sasl::Sha1::No,
                     static_cast<Micros>(*remember)};
}

}  // namespace

AuthOptions auth_options(const config::Settings& settings) {
  return {settings.auth_scram_sha1 ? sasl::Sha1::Yes : sasl::Sha1::No,
          settings.auth_remember * kSecond};
}

std::string reload_message(const AuthOptions& options) {
  return std::string(options.sha1 == sasl::Sha1::Yes ? "1 " : "0 ") +
         std::to_string(options.remember);
}

Authd::Authd(const config::Settings& settings)
    : credentials_db_(settings.credentials_db()),
      options_(auth_options(settings)),
      service_(listen_alone(settings.authd_socket(), Door::Group)),
      control_(listen_alone(settings.authd_control(), Door::Self)) {}

int Authd::work(const Rights& rights, const Fd& reload) {
  return work_with(&rights, reload);
}

int Authd::work_with(const Rights* rights, const Fd& reload) {
  const SystemClock clock;
  const Fd ended = end_signals();
  const Fd stop_control(::eventfd(0, EFD_CLOEXEC));
  if (!stop_control) throw_errno("eventfd");
  Credentials credentials(credentials_db_);
  Credentials for_control(credentials_db_);
  Failures failures(clock);
  std::atomic<sasl::Sha1> sha1 = options_.sha1;
  // mailctl connects as root, or as the one user of a private instance.  The
  // users of smtpd and imapd must not set passwords.
  ControlDesk control(std::move(control_), admit_self(),
                      AuthAdmin(for_control, &failures, sha1));
  Admission admission = admit_group(service_);
  (void)login_name("ann@example.org");  // ICU loads what it needs
  if (rights != nullptr) close_cage(*rights);

  PasswordPool pool(std::max(1u, std::thread::hardware_concurrency()));
  ServiceDesk desk(std::move(service_), std::move(admission),
                   {credentials, pool, failures, clock}, options_);
  control.server().watch(stop_control.number(),
                         [&] { control.server().stop(); });
  desk.server().watch(ended.number(), [&] { desk.server().stop(); });
  desk.server().watch(reload.number(), [&] {
    const auto options = read_reload(reload);
    if (!options) return desk.server().stop();
    sha1 = options->sha1;
    desk.service().change(*options);
    log_info("reloaded");
  });
  std::thread for_mailctl([&] { control.server().run(); });
  log_info("ready", {{"remember", options_.remember / kSecond}});
  desk.server().run();
  eventfd_write(stop_control.number(), 1);
  for_mailctl.join();
  return 0;
}

}  // namespace mail::directory
