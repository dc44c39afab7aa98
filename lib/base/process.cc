#include "base/process.h"

#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <cstdio>
#include <cstring>
#include <exception>

#include "base/ascii.h"

namespace mail {
namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Each line of it, for all mistakes are named at once.
void complain(const char* program, const std::string& why) {
  const char* slash = std::strrchr(program, '/');
  std::string text;
  for (const auto line : split(why, '\n')) {
    text += (text.empty() ? "" : "\n") + without_controls(line);
  }
  std::fprintf(stderr, "%s: %s\n", slash ? slash + 1 : program, text.c_str());
}

}  // namespace

int guarded(int (*body)(int, char**), int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  if (sodium_init() < 0) {
    complain(argv[0], "libsodium does not start");
    return EX_SOFTWARE;
  }
  return guarded(argv[0], [&] { return body(argc, argv); });
}

int guarded(const char* name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Exit& exit) {
    if (!exit.why().empty()) complain(name, exit.why());
    return exit.code();
  } catch (const std::exception& fault) {
    complain(name, fault.what());
    return EX_TEMPFAIL;
  }
}

void make_undumpable() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace mail
