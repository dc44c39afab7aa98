#include "imap/known_flags.h"

#include <algorithm>
#include <functional>
#include <string>

#include "imap/work.h"

namespace mail::imap {
namespace {

constexpr std::size_t kMostSets = 1'000;  // kept; to look again is cheap

void insert(std::vector<std::size_t>& sorted, std::size_t value) {
  const auto at = std::ranges::lower_bound(sorted, value);
  if (at == sorted.end() || *at != value) sorted.insert(at, value);
}

std::size_t hash(const std::string& name) {
  return std::hash<std::string>{}(name);
}

// With `more`, which the mailbox may hold no longer.
void send(Work& work, const std::vector<std::string>& more) {
  Selected& box = work.selected();
  auto names = work.account().mailbox_keywords(box.id);
  for (const std::string& name : more) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::string flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  box.known.sets.clear();
  box.known.names.clear();
  for (const std::string& name : names) {
    flags += ' ' + name;
    insert(box.known.names, hash(name));
  }
  work.out.add("* FLAGS (").add(flags).add(')').end_line();
  if (box.writable()) {
    work.out.add("* OK [PERMANENTFLAGS (").add(flags).add(" \\*)] kept");
  } else {
    work.out.add("* OK [PERMANENTFLAGS ()] none kept");
  }
  work.out.end_line();
}

}  // namespace

void send_known_flags(Work& work) { send(work, {}); }

void tell_keywords(Work& work, std::int64_t set) {
  KnownFlags& known = work.selected().known;
  const auto at = std::ranges::lower_bound(known.sets, set);
  if (set == 0 || (at != known.sets.end() && *at == set)) return;
  const std::vector<std::string> names = work.account().keywords(set);
  const bool all_known =
      std::ranges::all_of(names, [&](const std::string& name) {
        return std::ranges::binary_search(known.names, hash(name));
      });
  if (!all_known) send(work, names);
  if (known.sets.size() >= kMostSets) known.sets.clear();
  known.sets.insert(std::ranges::lower_bound(known.sets, set), set);
}

}  // namespace mail::imap
