#include "admin/init.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "admin/owner.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "config/checks.h"
#include "directory/credentials.h"
#include "net/certificate.h"
#include "spool/spool.h"

namespace mail::admin {
namespace {

constexpr const char* kUser = "staunch";

// Opened without following links and checked to be empty, so that whoever
// may write to the folder above cannot make root give away another one.
void give_empty_folder(const std::string& path, const User& user) {
  const Fd folder =
      open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (!list_folder("/proc/self/fd/" + std::to_string(folder.number()))
           .empty()) {
    throw Exit(EX_CANTCREAT, path + ": is not empty");
  }
  if (::fchown(folder.number(), user.uid, user.gid) != 0) {
    throw_errno("chown " + path);
  }
}

// Makes the folder, and the user when root asks; turns into that user.
void prepare_folder(const std::string& path) {
  if (!list_folder(path).empty()) {
    throw Exit(EX_CANTCREAT, path + ": is not empty");
  }
  if (::geteuid() != 0) {
    make_folders(path, 0700);
    return;
  }
  if (!find_user(kUser)) {
    std::fprintf(stderr, "mailctl: making the system user %s\n", kUser);
  }
  const User user = make_system_user(kUser);
  const auto above = std::filesystem::path(path).parent_path().string();
  if (const auto closed = barrier(above, user)) {
    throw Exit(EX_NOPERM, "the user " + user.name + " cannot pass " + *closed +
                              ": choose another place, or open that folder "
                              "(chmod o+x)");
  }
  make_folders(above, 0755);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_errno("mkdir " + path);
  }
  give_empty_folder(path, user);
  become(user);
}

void fill_folder(const Plan& plan) {
  const auto& folder = plan.folder;
  const auto pair = net::make_certificate(
      {host_of(plan), plan.domain, "localhost", "127.0.0.1"});
  make_folders(folder + "/tls", 0700);
  replace_file(folder + "/tls/cert.pem", pair.certificate, 0644);
  replace_file(folder + "/tls/key.pem", pair.key, 0600);
  replace_file(folder + "/dns-records", records_text(plan), 0644);
  for (const char* name : {"/accounts", "/run", "/spam"}) {
    make_folders(folder + name, 0700);
  }
  scatter_folders(folder + "/accounts");
  spool::make_spool(folder + "/spool");
  directory::Editor editor(folder + "/directory.db");
  ok_or_exit(editor.add_domain(plan.domain), EX_DATAERR);
  const directory::Credentials credentials(folder + "/credentials.db");
  // Last: an instance is whole when it has its mail.toml.
  replace_file(folder + "/mail.toml", settings_text(plan), 0600);
}

}  // namespace

void make_instance(const Plan& given) {
  Plan plan = given;
  const auto domain = domain_to_ascii(plan.domain);
  if (!domain || config::is_ip_address(*domain)) {
    throw Exit(EX_USAGE, plan.domain + " is not a domain");
  }
  plan.domain = *domain;
  if (plan.ports < 1024 || plan.ports > 64'000) {
    throw Exit(EX_USAGE, "--ports must be from 1024 to 64000");
  }
  plan.folder = std::filesystem::absolute(plan.folder).lexically_normal();
  while (plan.folder.size() > 1 && plan.folder.ends_with('/')) {
    plan.folder.pop_back();
  }
  prepare_folder(plan.folder);
  ::umask(0077);
  fill_folder(plan);
}

InitCommand::InitCommand(Options& options, Context& context)
    : context_(context) {
  Options& init = options.command(
      "init", "make a private instance on 127.0.0.1", [this] { return run(); });
  init.argument("dir", plan_.folder, "the folder, new or empty");
  init.value("--domain", plan_.domain, "the first domain");
  init.number("--ports", plan_.ports, "the base of the ports");
}

int InitCommand::run() {
  if (plan_.domain.empty()) throw Exit(EX_USAGE, "init wants --domain");
  make_instance(plan_);
  const std::string file = plan_.folder + "/mail.toml";
  context_.output().done("made " + file,
                         {{"config", file},
                          {"domain", plan_.domain},
                          {"ports", std::int64_t{plan_.ports}}});
  return 0;
}

}  // namespace mail::admin
