#include "admin/bans.h"

#include <sysexits.h>

#include <algorithm>

#include "base/clock.h"

namespace mail::admin {

BanCommands::BanCommands(Options& options, Context& context)
    : context_(context) {
  Options& ban = options.command("ban", "addresses that guessed passwords");
  ban.command("list", "print them, with the seconds that are left",
              [this] { return list(); });
  ban.command("lift", "let an address in again", [this] { return lift(); })
      .argument("address", address_, "as it was printed, or one within");
}

int BanCommands::list() {
  std::vector<Record> records;
  for (const auto& ban :
       value_or_exit(context_.passwords().bans(), EX_UNAVAILABLE)) {
    const Micros left = std::max<Micros>(0, ban.until - wall_time());
    records.push_back({{"address", ban.network}, {"seconds", left / kSecond}});
  }
  context_.output().list(records);
  return 0;
}

int BanCommands::lift() {
  ok_or_exit(context_.passwords().unban(address_), EX_DATAERR);
  context_.output().done("lifted " + address_, {{"lifted", address_}});
  return 0;
}

}  // namespace mail::admin
