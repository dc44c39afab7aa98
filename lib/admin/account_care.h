// mailctl account check|repair|reindex: whether an account on disk is whole.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/context.h"

namespace mail::admin {

class AccountCareCommands {
 public:
  // `account`: the command these belong under.
  AccountCareCommands(Options& account, Context& context);

 private:
  int check();
  int repair();
  int reindex();
  std::vector<directory::Account> chosen();

  struct Looked {
    Record record;
    int code;  // to exit with; the largest counts
  };
  int for_each_chosen(
      const std::function<Looked(const directory::Account&)>& look);

  Context& context_;
  std::string address_;
  bool all_ = false;
  bool deep_ = false;
  bool dry_run_ = false;
};

}  // namespace mail::admin
