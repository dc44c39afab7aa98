// mailctl hold-rule ..., suppress ...: what is said of mail before it is
// tried.
#pragma once

#include <string>

#include "admin/context.h"
#include "spool/queue_rows.h"

namespace mail::admin {

class RuleCommands {
 public:
  RuleCommands(Options& options, Context& context);

 private:
  void declare_hold_rule(Options& options);
  void declare_suppress(Options& options);
  spool::HoldRule rule();
  int add_rule();
  int list_rules();
  int remove_rule();
  int suppress();
  int list_suppressed();
  int unsuppress();

  Context& context_;
  std::string sender_;
  std::string recipient_;
  std::string domain_;
  std::string account_;
  std::string address_;
  std::string time_;
  std::string reason_;
  std::string number_;
};

}  // namespace mail::admin
