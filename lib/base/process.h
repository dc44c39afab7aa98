// What every program does around its own work.
#pragma once

#include <functional>
#include <string>

namespace mail {

// A fault at start that has its own exit code of sysexits(3): a mistake in
// the configuration is 78, a name that does not exist 67, a refusal 77.
class Exit {
 public:
  Exit(int code, std::string why) : code_(code), why_(std::move(why)) {}
  int code() const { return code_; }
  const std::string& why() const { return why_; }

 private:
  int code_;
  std::string why_;
};

// Runs a program's body: ignores SIGPIPE, starts libsodium, raises the soft
// descriptor limit to the hard one, and turns what it throws into one line
// "program: why" and an exit code: 75 for a Fault, an Exit's own for an Exit.
int guarded(int (*body)(int, char**), int argc, char** argv);

// The same around the body of a process that was forked: only the line and
// the exit code.
int guarded(const char* name, const std::function<int()>& body);

// Neither core dumps nor ptrace by the same user: what daemons call first.
void make_undumpable();

}  // namespace mail
