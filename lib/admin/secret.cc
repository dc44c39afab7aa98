#include "admin/secret.h"

#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "base/process.h"

namespace mail::admin {
namespace {

constexpr std::size_t kLongest = 1024;

// No echo for as long as it lives.
class Quiet {
 public:
  Quiet() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Quiet() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  termios before_{};
};

std::string ask(const char* prompt) {
  std::fputs(prompt, stderr);
  std::string secret = read_secret_line();
  std::fputs("\n", stderr);
  return secret;
}

}  // namespace

std::string read_secret_line() {
  std::string line;
  char c = 0;
  while (line.size() <= kLongest && ::read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n') break;
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) throw Exit(EX_DATAERR, "an empty password");
  if (line.size() > kLongest) throw Exit(EX_DATAERR, "a password too long");
  return line;
}

std::string ask_for_secret() {
  if (!::isatty(STDIN_FILENO)) {
    throw Exit(EX_USAGE, "say --password-stdin to read the password from a "
                         "file or a pipe");
  }
  const Quiet quiet;
  const std::string secret = ask("Password: ");
  if (ask("Once more: ") != secret) {
    throw Exit(EX_DATAERR, "the two passwords differ");
  }
  return secret;
}

}  // namespace mail::admin
