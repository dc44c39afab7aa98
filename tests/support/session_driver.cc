#include "tests/support/session_driver.h"

#include <unistd.h>

#include <utility>

#include "base/fault.h"

namespace mail {

std::string_view StringInput::bytes() const {
  return std::string_view(bytes_).substr(used_);
}

void StringInput::use(std::size_t count) {
  require(count <= bytes().size(), "a session used more than it was given");
  used_ += count;
}

void StringInput::add(std::string_view more) {
  bytes_.erase(0, std::exchange(used_, 0));
  bytes_ += more;
}

void StringOutput::write_file(int file, std::int64_t offset,
                              std::int64_t length) {
  std::string piece(static_cast<std::size_t>(length), '\0');
  std::size_t have = 0;
  while (have < piece.size()) {
    const ssize_t n = ::pread(file, piece.data() + have, piece.size() - have,
                              offset + static_cast<std::int64_t>(have));
    if (n < 0) throw_errno("read a file to send");
    if (n == 0) throw Fault("a file to send is shorter than it was");
    have += static_cast<std::size_t>(n);
  }
  bytes_ += piece;
}

std::string StringOutput::take() { return std::exchange(bytes_, {}); }

SessionDriver::SessionDriver(const net::SessionFactory& factory, net::Peer peer)
    : session_(factory(peer, *this)) {
  tls.protocol = "TLSv1.3";
  tls.cipher = "TLS_AES_256_GCM_SHA384";
  tls.exporter = std::string(32, 'x');
  tls.server_end_point = std::string(32, 'e');
}

std::string SessionDriver::greet() { return follow(session_->greet(output_)); }

std::string SessionDriver::send(std::string_view bytes) {
  if (closed_) return {};
  input_.add(bytes);
  return follow(session_->serve(input_, output_));
}

std::string SessionDriver::wait() {
  if (closed_) return {};
  return follow(session_->expired(output_));
}

std::string SessionDriver::woken() {
  if (closed_ || !awake_.exchange(false)) return {};
  return follow(session_->serve(input_, output_));
}

std::string SessionDriver::finish() {
  input_.end();
  if (closed_) return {};
  const std::string answer = follow(session_->serve(input_, output_));
  closed_ = true;
  return answer;
}

std::string SessionDriver::farewell() {
  if (closed_) return {};
  session_->farewell(output_);
  closed_ = true;
  return output_.take();
}

bool SessionDriver::join_account(std::uint64_t number) {
  if (account_full) return false;
  account = number;
  return true;
}

std::string SessionDriver::follow(net::Wait wait) {
  for (;;) {
    wait_ = wait;
    switch (wait.what) {
      case net::Wait::For::Input:
        return output_.take();
      case net::Wait::For::Close:
        closed_ = true;
        return output_.take();
      case net::Wait::For::Tls:
        if (!input_.bytes().empty()) {
          closed_ = true;
          return output_.take();
        }
        start_tls();
        break;
      case net::Wait::For::Deflate:
        throw Fault("compression without a layer for it");
      case net::Wait::For::Delay:
        delayed_ += wait.at_most;
        break;
    }
    wait = session_->serve(input_, output_);
  }
}

void SessionDriver::start_tls() {
  secure_ = true;
  session_->secured(tls);
}

}  // namespace mail
