#include "tests/support/echo_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "base/base64.h"
#include "base/cage_roles.h"
#include "base/file.h"
#include "net/certificate.h"

namespace mail::net {
namespace {

using std::chrono::milliseconds;

class EchoSession : public Session {
 public:
  EchoSession(const Peer& peer, Link& link) : peer_(peer), link_(link) {}
  ~EchoSession() override {
    if (waker_.joinable()) waker_.join();
  }

  Wait greet(Output& out) override {
    out.write("hello on " + peer_.listener + "\r\n");
    return Wait::input(deadline_);
  }

  Wait serve(Input& in, Output& out) override {
    if (waking_ && waker_.joinable()) {
      waker_.join();
      waking_ = false;
      out.write("woken\r\n");
    }
    Wait wait = Wait::input(deadline_);
    while (wait.what == Wait::For::Input) {
      const std::string_view bytes = in.bytes();
      const std::size_t end = bytes.find('\n');
      if (end == bytes.npos) break;
      std::string line(bytes.substr(0, end));
      in.use(end + 1);
      if (line.ends_with('\r')) line.pop_back();
      wait = command(line, out);
    }
    return wait;
  }

  Wait expired(Output& out) override {
    out.write("too slow\r\n");
    return Wait::close();
  }
  void secured(const TlsFacts& facts) override { facts_ = facts; }
  void farewell(Output& out) override { out.write("bye, we stop\r\n"); }

 private:
  Wait command(const std::string& line, Output& out);
  void wake_later(milliseconds after);

  const Peer& peer_;
  Link& link_;
  TlsFacts facts_;
  milliseconds deadline_{20'000};
  std::thread waker_;
  bool waking_ = false;
};

void EchoSession::wake_later(milliseconds after) {
  waking_ = true;
  waker_ = std::thread([this, after] {
    std::this_thread::sleep_for(after);
    link_.wake();
  });
}

Wait EchoSession::command(const std::string& line, Output& out) {
  const std::string word = line.substr(0, line.find(' '));
  const std::string rest =
      line.size() > word.size() ? line.substr(word.size() + 1) : "";
  const int number = std::atoi(rest.c_str());
  const Wait goes_on = Wait::input(deadline_);
  if (word == "QUIT") {
    out.write("bye\r\n");
    return Wait::close();
  }
  if (word == "STARTTLS") {
    out.write("go ahead\r\n");
    return Wait::tls();
  }
  if (word == "DELAY") return Wait::delay(milliseconds(number));
  if (word == "CRASH") ::abort();
  if (word == "WAIT") deadline_ = milliseconds(number);
  if (word == "SLEEP") std::this_thread::sleep_for(milliseconds(number));
  if (word == "WAKE") {
    wake_later(milliseconds(number));
    return goes_on;
  }
  if (word == "PID") {
    out.write(std::to_string(::getpid()) + "\r\n");
  } else if (word == "TLS") {
    out.write(facts_.protocol + " " + facts_.server_name + " " +
              base64_encode(facts_.exporter) + " " +
              std::to_string(facts_.server_end_point.size()) + "\r\n");
  } else if (word == "JOIN") {
    const auto account = static_cast<std::uint64_t>(number);
    out.write(link_.join_account(account) ? "joined\r\n" : "full\r\n");
  } else if (word == "BIG") {
    const std::string piece(1000, 'x');
    for (int n = 0; n < number; n += 1000) out.write(piece);
  } else if (word == "FILE") {
    const Fd file = open_file(rest, O_RDONLY);
    out.write_file(file.number(), 0, file.size());
  } else {
    out.write("you said " + line + "\r\n");
  }
  return Wait::input(deadline_);
}

std::string refusal(const Peer&, Refused why) {
  if (why == Refused::AddressLimit) return "421 too many of you\r\n";
  return why == Refused::TotalLimit ? "421 full\r\n" : "421 busy\r\n";
}

// As set_limits() wrote it; nothing when it did not.
std::optional<Capacity> read_capacity(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  Capacity capacity;
  std::istringstream in(*text);
  in >> capacity.limits.total >> capacity.limits.per_address >>
      capacity.limits.per_account;
  for (AddressLimit other; in >> other.network >> other.connections;) {
    capacity.limits.others.push_back(other);
  }
  return capacity;
}

}  // namespace

EchoServer::EchoServer(ServerSettings settings) {
  settings.known = {"smtp", "submissions"};
  settings.listen = {{"smtp", "127.0.0.1", 0}, {"submissions", "127.0.0.1", 0}};
  settings.refusal = refusal;
  set_certificate("first.example");
  const std::string folder = dir_.path();
  Server server(settings);
  port_ = bound_port(server.listeners()[0].socket);
  tls_port_ = bound_port(server.listeners()[1].socket);
  server.prepare([folder] {
    return Prepared{{{folder + "/cert.pem", folder + "/key.pem"},
                     {folder + "/other.pem", folder + "/other-key.pem"}},
                    read_capacity(folder + "/limits")};
  });
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::_exit(server.run([folder](Worker& worker) {
    // As a daemon does, so that everything in net/ is tried inside.
    Rights rights = smtpd_rights(folder);
    rights.paths.push_back({"/tmp", Access::Read});
    close_cage(rights);
    worker.serve([](const Peer& peer, Link& link) {
      return std::make_unique<EchoSession>(peer, link);
    });
  }));
}

EchoServer::~EchoServer() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  wait();
}

void EchoServer::set_certificate(const std::string& name) {
  const auto first = make_certificate({name});
  const auto other = make_certificate({"other.example"});
  replace_file(dir_.path() + "/cert.pem", first.certificate, 0600);
  replace_file(dir_.path() + "/key.pem", first.key, 0600);
  replace_file(dir_.path() + "/other.pem", other.certificate, 0600);
  replace_file(dir_.path() + "/other-key.pem", other.key, 0600);
}

void EchoServer::break_certificate() {
  replace_file(dir_.path() + "/cert.pem", "no certificate", 0600);
}

void EchoServer::set_limits(const Limits& limits) {
  std::ostringstream out;
  out << limits.total << ' ' << limits.per_address << ' '
      << limits.per_account;
  for (const AddressLimit& other : limits.others) {
    out << ' ' << other.network << ' ' << other.connections;
  }
  replace_file(dir_.path() + "/limits", out.str(), 0600);
}

void EchoServer::signal(int signal) const { ::kill(pid_, signal); }

int EchoServer::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace mail::net
