// mailctl account ...: who has mail here, and how they log in.
#pragma once

#include <string>

#include "admin/context.h"

namespace mail::admin {

class AccountCommands {
 public:
  // `account`: the command these belong under.
  AccountCommands(Options& account, Context& context);

 private:
  void declare_editing(Options& account);
  void declare_passwords(Options& account);

  int add();
  int list();
  int show();
  int change();
  int remove();
  int password();
  int app_password();

  std::string chosen_password();
  void undo(const directory::Account& account);
  void tell_store(const directory::Account& account);

  Context& context_;
  std::string address_;
  std::string password_;
  std::string quota_;
  std::string messages_;
  std::string subaddresses_;
  std::string name_;
  bool password_stdin_ = false;
  bool suspend_ = false;
  bool activate_ = false;
  bool forget_ = false;
  bool dry_run_ = false;
};

}  // namespace mail::admin
