// mailctl ban list|lift: addresses that guessed too many passwords.
#pragma once

#include <string>

#include "admin/context.h"

namespace mail::admin {

class BanCommands {
 public:
  BanCommands(Options& options, Context& context);

 private:
  int list();
  int lift();

  Context& context_;
  std::string address_;
};

}  // namespace mail::admin
