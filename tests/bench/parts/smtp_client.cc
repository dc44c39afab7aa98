#include "tests/bench/smtp_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

#include "base/fault.h"

namespace mail::bench {

Source::Source(int messages, const Load& load)
    : messages_(messages), load_(load) {
  message_ =
      "From: load@sender.test\r\nTo: you@bench.test\r\n"
      "Subject: a message of the load generator\r\n"
      "Date: Mon, 23 Nov 2026 09:00:00 +0000\r\n"
      "Message-ID: <load@sender.test>\r\n\r\n";
  const std::string line(70, 'x');
  while (message_.size() + 72 <= static_cast<std::size_t>(load.bytes)) {
    message_ += line + "\r\n";
  }
  message_ += ".\r\n";
}

bool Source::take() {
  if (taken_ == messages_) return false;
  ++taken_;
  return true;
}

std::string Source::recipient() {
  next_recipient_ = next_recipient_ % load_.spread + 1;
  return numbered(load_.to, next_recipient_);
}

SmtpClient::SmtpClient(PollLoop& loop, int port, Source& source,
                       Journal& journal)
    : loop_(loop), port_(port), source_(source), journal_(journal) {
  if (source_.take()) connect();
}

void SmtpClient::connect() {
  fd_ = connect_to(port_);
  in_.clear();
  out_.clear();
  step_ = Step::Greeting;
  loop_.watch(fd_.number(), *this);
}

void SmtpClient::ready() {
  flush();
  char bytes[4096];
  for (;;) {
    const ssize_t n = recv(fd_.number(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) throw Fault("the server closed the connection");
    in_.append(bytes, static_cast<std::size_t>(n));
    while (in_.find("\r\n") != in_.npos) {
      const std::string line = in_.substr(0, in_.find("\r\n"));
      in_.erase(0, line.size() + 2);
      if (line.size() < 4 || line[3] == '-') continue;
      reply(std::atoi(line.c_str()));
      if (!fd_) return;
    }
  }
}

void SmtpClient::reply(int code) {
  if (code >= 400) throw Fault("refused with " + std::to_string(code));
  switch (step_) {
    case Step::Greeting:
      return send(Step::Ehlo, "EHLO load.sender.test\r\n");
    case Step::Ehlo:
      return begin_message();
    case Step::Mail:
      return send(Step::Rcpt, "RCPT TO:<" + source_.recipient() + ">\r\n");
    case Step::Rcpt:
      return send(Step::Data, "DATA\r\n");
    case Step::Data:
      send(Step::Body, source_.message());
      end_of_data_ = steady_time();
      journal_.ends_of_data.push_back(end_of_data_);
      return;
    case Step::Body:
      journal_.reply_times.push_back(steady_time() - end_of_data_);
      source_.done();
      if (source_.reuse() && source_.take()) return begin_message();
      return send(Step::Quit, "QUIT\r\n");
    case Step::Quit:
      fd_.close();
      if (source_.take()) connect();
  }
}

void SmtpClient::begin_message() {
  send(Step::Mail, "MAIL FROM:<load@sender.test>\r\n");
}

void SmtpClient::send(Step next, std::string_view bytes) {
  step_ = next;
  out_ += bytes;
  flush();
}

void SmtpClient::flush() {
  while (!out_.empty()) {
    const ssize_t n = ::send(fd_.number(), out_.data(), out_.size(),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) throw_errno("send");
    out_.erase(0, static_cast<std::size_t>(n));
  }
}

}  // namespace mail::bench
