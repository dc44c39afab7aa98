// mailctl alias add|list|remove: addresses that lead to others.
#pragma once

#include <string>
#include <vector>

#include "admin/context.h"

namespace mail::admin {

class AliasCommands {
 public:
  AliasCommands(Options& options, Context& context);

 private:
  int add();
  int list();
  int remove();
  int say_what_would_go();

  Context& context_;
  std::string address_;
  std::string target_;
  std::vector<std::string> targets_;
  bool dry_run_ = false;
};

}  // namespace mail::admin
