#include "tests/bench/idle_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

#include "base/ascii.h"
#include "base/fault.h"

namespace mail::bench {

IdleClient::IdleClient(PollLoop& loop, int port, const std::string& user,
                       const std::string& password, Journal& journal)
    : journal_(journal), fd_(connect_to(port)) {
  loop.watch(fd_.number(), *this);
  fd_.write("a LOGIN " + user + " " + password + "\r\n");
}

void IdleClient::ready() {
  char bytes[4096];
  for (;;) {
    const ssize_t n = recv(fd_.number(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) throw Fault("the IMAP server closed the connection");
    in_.append(bytes, static_cast<std::size_t>(n));
    while (in_.find("\r\n") != in_.npos) {
      const std::string whole = in_.substr(0, in_.find("\r\n"));
      in_.erase(0, whole.size() + 2);
      line(whole);
    }
  }
}

void IdleClient::line(std::string_view line) {
  if (has_prefix(line, "a NO") || has_prefix(line, "b NO")) {
    throw Fault("IMAP: " + std::string(line));
  }
  if (has_prefix(line, "a OK")) fd_.write("b SELECT INBOX\r\n");
  if (has_prefix(line, "b OK")) fd_.write("c IDLE\r\n");
  if (has_prefix(line, "+")) idling_ = true;
  if (!has_prefix(line, "* ") || line.find(" EXISTS") == line.npos) return;
  const long exists = std::atol(std::string(line.substr(2)).c_str());
  if (idling_) {
    const auto more = static_cast<std::size_t>(std::max(exists - exists_, 0L));
    journal_.arrivals.insert(journal_.arrivals.end(), more, steady_time());
  }
  exists_ = exists;
}

}  // namespace mail::bench
