#include "imap/commands.h"

#include <algorithm>

#include "base/ascii.h"

namespace mail::imap {
namespace {

// APPEND stands in imap/append.h: its message does not fit the memory.
constexpr Command kCommands[] = {
    {"CAPABILITY", kBoth, Updates::All, capability},
    {"CHECK", kSelected, Updates::All, noop},
    {"CLOSE", kSelected, Updates::None, close},
    {"COMPRESS", kBoth, Updates::All, compress},
    {"COPY", kSelected, Updates::All, copy},
    {"CREATE", kBoth, Updates::All, create},
    {"DELETE", kBoth, Updates::All, delete_mailbox},
    {"ENABLE", kBoth, Updates::All, enable},
    {"EXAMINE", kBoth, Updates::None, examine},
    {"EXPUNGE", kSelected, Updates::All, expunge},
    {"FETCH", kSelected, Updates::NoExpunge, fetch},
    {"GETMETADATA", kBoth, Updates::All, getmetadata},
    {"GETQUOTA", kBoth, Updates::All, getquota},
    {"GETQUOTAROOT", kBoth, Updates::All, getquotaroot},
    {"ID", kBoth, Updates::All, id},
    {"IDLE", kBoth, Updates::All, idle},
    {"LIST", kBoth, Updates::All, list},
    {"LOGOUT", kBoth, Updates::None, logout},
    {"LSUB", kBoth, Updates::All, lsub},
    {"MOVE", kSelected, Updates::All, move},
    {"NAMESPACE", kBoth, Updates::All, namespaces},
    {"NOOP", kBoth, Updates::All, noop},
    {"RENAME", kBoth, Updates::All, rename},
    {"SEARCH", kSelected, Updates::NoExpunge, search},
    {"SELECT", kBoth, Updates::None, select},
    {"SETMETADATA", kBoth, Updates::All, setmetadata},
    {"SETQUOTA", kBoth, Updates::All, setquota},
    {"SORT", kSelected, Updates::NoExpunge, sort},
    {"STATUS", kBoth, Updates::All, status},
    {"STORE", kSelected, Updates::NoExpunge, store_flags},
    {"SUBSCRIBE", kBoth, Updates::All, subscribe},
    {"THREAD", kSelected, Updates::NoExpunge, thread},
    {"UID COPY", kSelected, Updates::All, copy},
    {"UID EXPUNGE", kSelected, Updates::All, expunge},
    {"UID FETCH", kSelected, Updates::All, fetch},
    {"UID MOVE", kSelected, Updates::All, move},
    {"UID SEARCH", kSelected, Updates::All, search},
    {"UID SORT", kSelected, Updates::All, sort},
    {"UID STORE", kSelected, Updates::All, store_flags},
    {"UID THREAD", kSelected, Updates::All, thread},
    {"UNSELECT", kSelected, Updates::None, unselect},
    {"UNSUBSCRIBE", kBoth, Updates::All, unsubscribe},
};

}  // namespace

const Command* find_command(std::string_view name) {
  const auto* found = std::ranges::find_if(
      kCommands, [&](const Command& c) { return same_text(c.name, name); });
  return found == std::end(kCommands) ? nullptr : found;
}

}  // namespace mail::imap
