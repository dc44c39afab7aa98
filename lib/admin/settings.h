// mailctl config check|show|describe: mail.toml, and what could stand in it.
#pragma once

#include <string>

#include "admin/context.h"

namespace mail::admin {

class SettingsCommands {
 public:
  SettingsCommands(Options& options, Context& context);

 private:
  int check();
  int list_mistakes(const std::vector<config::Mistake>& mistakes);
  int show();
  int describe();

  Context& context_;
  std::string name_;
};

}  // namespace mail::admin
