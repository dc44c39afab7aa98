// maild - runs a private instance: all daemons of one user, in the foreground.
//
//   reads     mail.toml
//   writes    run/maild.lock; log lines to standard error
//   runs as   the owner of the instance's folder, also when root starts it
//   trusts    the programs that lie beside it, and mail.toml
//   promises  what dies is started again; SIGTERM ends all within 6 s
//   on fault  exits 75; 78 when mail.toml is wrong
//
// In production the service manager does this, with a user for each program.
// See maild(8), and mail(7) for the whole.

#include <filesystem>

#include "admin/instance.h"
#include "base/options.h"
#include "base/process.h"

namespace {

int run(int argc, char** argv) {
  mail::Options options("maild", "runs a private instance");
  options.parse(argc, argv);
  mail::make_undumpable();
  mail::admin::InstanceOptions how;
  how.config = options.config_file();
  how.programs =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  if (options.verbose()) how.more = {"-v"};
  return mail::admin::Instance(std::move(how)).run();
}

}  // namespace

int main(int argc, char** argv) { return mail::guarded(run, argc, argv); }
