// Commands: what a user may say after login; one source for each.
//
// A command reads its arguments, does its work, writes untagged responses and
// gives the tagged answer.  commands.cc holds the table: which command, in
// which states, and which updates follow it.
#pragma once

#include <string_view>

#include "imap/reader.h"
#include "imap/updates.h"
#include "imap/work.h"

namespace mail::imap {

struct Command {
  std::string_view name;  // "FETCH", "UID FETCH"
  int allowed_in;         // kAuthenticated, kSelected
  Updates after;
  Reply (*run)(Work&, Reader& args);  // args begin behind the name
};

inline constexpr int kAuthenticated = 1;
inline constexpr int kSelected = 2;
inline constexpr int kBoth = kAuthenticated | kSelected;

// nullptr when there is no such command.
const Command* find_command(std::string_view name);

Reply capability(Work& work, Reader& args);
Reply close(Work& work, Reader& args);
Reply compress(Work& work, Reader& args);
Reply copy(Work& work, Reader& args);
Reply create(Work& work, Reader& args);
Reply delete_mailbox(Work& work, Reader& args);
Reply enable(Work& work, Reader& args);
Reply examine(Work& work, Reader& args);
Reply expunge(Work& work, Reader& args);
Reply fetch(Work& work, Reader& args);
Reply getmetadata(Work& work, Reader& args);
Reply getquota(Work& work, Reader& args);
Reply getquotaroot(Work& work, Reader& args);
Reply id(Work& work, Reader& args);
Reply idle(Work& work, Reader& args);
Reply list(Work& work, Reader& args);
Reply logout(Work& work, Reader& args);
Reply lsub(Work& work, Reader& args);
Reply move(Work& work, Reader& args);
Reply namespaces(Work& work, Reader& args);
Reply noop(Work& work, Reader& args);
Reply rename(Work& work, Reader& args);
Reply search(Work& work, Reader& args);
Reply select(Work& work, Reader& args);
Reply setmetadata(Work& work, Reader& args);
Reply setquota(Work& work, Reader& args);
Reply sort(Work& work, Reader& args);
Reply status(Work& work, Reader& args);
Reply store_flags(Work& work, Reader& args);
Reply subscribe(Work& work, Reader& args);
Reply thread(Work& work, Reader& args);
Reply unselect(Work& work, Reader& args);
Reply unsubscribe(Work& work, Reader& args);

}  // namespace mail::imap
