// mailctl domain add|list|remove: the domains whose mail is ours.
#pragma once

#include <string>

#include "admin/context.h"

namespace mail::admin {

class DomainCommands {
 public:
  DomainCommands(Options& options, Context& context);

 private:
  int add();
  int list();
  int remove();

  Context& context_;
  std::string domain_;
  bool dry_run_ = false;
};

}  // namespace mail::admin
