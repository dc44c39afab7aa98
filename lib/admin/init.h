// mailctl init DIR --domain D [--ports BASE]: a private instance.
//
// Everything on 127.0.0.1, for one user: mail.toml, a self-signed certificate
// and its key, empty databases, the spool.  Root makes the instance for the
// system user staunch, which is made when there is none.
#pragma once

#include <string>

#include "admin/context.h"
#include "admin/plan.h"

namespace mail::admin {

// Makes it; the process is the instance's user afterwards.  Exits: 64 when
// the plan makes no sense, 73 when something is in the folder already, 77
// when the user cannot get there.
void make_instance(const Plan& plan);

class InitCommand {
 public:
  InitCommand(Options& options, Context& context);

 private:
  int run();

  Context& context_;
  Plan plan_;
};

}  // namespace mail::admin
