#include "admin/sites.h"

#include <sysexits.h>

#include <algorithm>
#include <utility>

#include "admin/duration.h"
#include "base/process.h"
#include "base/text.h"
#include "spool/queue_control.h"

namespace mail::admin {
namespace {

using Site = spool::QueueReader::Site;

// When a site takes mail again by what it is suspended; 0: it is not.
Micros suspended_until(const std::vector<spool::Suspension>& suspensions,
                       const std::string& site) {
  for (const auto& one : suspensions) {
    if (one.kind == spool::Suspension::Kind::Site && one.name == site) {
      return one.until;
    }
  }
  return 0;
}

Record row(const std::string& name, const Site& site, Micros suspended,
           Micros now) {
  const std::string_view state = suspended                   ? "suspended"
                                 : site.row.dead_until > now ? "dead"
                                                             : "open";
  const Micros until = suspended ? suspended : site.row.dead_until;
  return {{"site", name},
          {"state", std::string(state)},
          {"until", time_text(until > now ? until : 0)},
          {"window", site.row.window},
          {"recipients", site.recipients},
          {"next", time_text(site.next_at)},
          {"why", site.row.why}};
}

std::vector<spool::Suspension> suspended_now(Context& context, Micros now) {
  auto* const reader = context.queue_reader();
  return reader ? reader->suspensions(now) : std::vector<spool::Suspension>();
}

// A site that nothing is known of but that mail waits for: as it will begin.
SitesNow with_windows(SiteMap sites, const config::Settings& settings) {
  const auto first =
      std::min(settings.relay_site_start, settings.relay_site_connections);
  for (auto& [name, site] : sites) {
    if (site.row.window == 0) site.row.window = first;
  }
  return {std::move(sites)};
}

}  // namespace

SitesNow sites_now(Context& context) {
  auto* const reader = context.queue_reader();
  SiteMap sites = reader ? reader->sites() : SiteMap{};
  spool::QueueClient* const client = context.queue_if_up();
  if (!client && !context.queue_runs()) {
    return with_windows(std::move(sites), context.settings());
  }
  Result<std::vector<spool::SiteRow>> rows =
      client ? client->sites() : refuse("queue-runner does not answer");
  if (!rows) {
    remark(rows.error().why + "; this is what was known before");
    auto known = with_windows(std::move(sites), context.settings());
    known.outcome = EX_TEMPFAIL;
    return known;
  }
  for (auto& row : *rows) {
    const std::string name = std::exchange(row.name, {});
    const Micros changed = sites[name].row.seen;
    sites[name].row = std::move(row);
    sites[name].row.seen = changed;
  }
  return with_windows(std::move(sites), context.settings());
}

SiteCommands::SiteCommands(Options& options, Context& context)
    : context_(context) {
  Options& site = options.command("site", "the servers that mail goes to");
  site.command("list", "one a line: site, state, until, connections, "
                       "recipients, next, why",
               [this] { return list(); });
  site.command("show", "one site and its hosts", [this] { return show(); })
      .argument("site", name_, "its name");
  declare_suspend(site, "suspend", Kind::Site);
  declare_resume(site, "resume", Kind::Site);
  Options& suspended =
      options.command("suspend", "let mail wait for a while");
  declare_suspend(suspended, "domain", Kind::Domain);
  suspended.command("list", "what is suspended, and for how long",
                    [this] { return list_suspended(); });
  Options& again = options.command("resume", "the end of that");
  declare_resume(again, "domain", Kind::Domain);
}

void SiteCommands::declare_suspend(Options& parent, const std::string& word,
                                   Kind kind) {
  Options& command = parent.command(word, "let its mail wait for a while",
                                    [this, kind] { return suspend(kind); });
  command.argument(std::string(spool::word(kind)), name_, "which one");
  command.value("--for", time_, "how long: 30m, 2h, 1d (when not given)");
  command.value("--reason", reason_, "words to remember why");
}

void SiteCommands::declare_resume(Options& parent, const std::string& word,
                                  Kind kind) {
  parent
      .command(word, "let its mail go on now",
               [this, kind] { return resume(kind); })
      .argument(std::string(spool::word(kind)), name_, "which one");
}

int SiteCommands::list() {
  const Micros now = wall_time();
  ListPrinter printer(context_.output());
  const auto suspensions = suspended_now(context_, now);
  const SitesNow known = sites_now(context_);
  for (const auto& [name, site] : known.sites) {
    printer.add(row(name, site, suspended_until(suspensions, name), now));
  }
  printer.finish();
  return known.outcome;
}

int SiteCommands::show() {
  const auto [sites, outcome] = sites_now(context_);
  const auto found = sites.find(name_);
  if (found == sites.end()) {
    throw Exit(outcome ? outcome : EX_DATAERR, "there is no site " + name_);
  }
  const Micros now = wall_time();
  Record record =
      row(name_, found->second,
          suspended_until(suspended_now(context_, now), name_), now);
  const spool::SiteRow& known = found->second.row;
  record.push_back({"hosts", known.hosts});
  record.push_back({"failures", static_cast<std::int64_t>(known.failures)});
  record.push_back({"deaths", static_cast<std::int64_t>(known.deaths)});
  record.push_back({"changed", time_text(known.seen)});
  context_.output().one(record);
  return outcome;
}

std::string SiteCommands::name_of(Kind kind) {
  if (kind == Kind::Domain) {
    const auto domain = domain_to_ascii(name_);
    if (!domain) throw Exit(EX_DATAERR, name_ + " is no domain");
    return *domain;
  }
  const auto [sites, outcome] = sites_now(context_);
  if (!sites.contains(name_)) {
    throw Exit(outcome ? outcome : EX_DATAERR, "there is no site " + name_);
  }
  return name_;
}

int SiteCommands::suspend(Kind kind) {
  const std::string name = name_of(kind);
  const Micros time = value_or_exit(parse_duration(time_), EX_USAGE);
  const Micros until = wall_time() + time;
  ok_or_exit(context_.queue().suspend({kind, name, until, reason_}),
             EX_DATAERR);
  context_.output().done("suspended " + name + " until " + time_text(until),
                         {{"suspended", name}, {"until", time_text(until)}});
  return 0;
}

int SiteCommands::resume(Kind kind) {
  const std::string name = kind == Kind::Domain ? name_of(kind) : name_;
  ok_or_exit(context_.queue().resume(kind, name), EX_DATAERR);
  context_.output().done("resumed " + name, {{"resumed", name}});
  return 0;
}

int SiteCommands::list_suspended() {
  ListPrinter printer(context_.output());
  for (const auto& one : suspended_now(context_, wall_time())) {
    printer.add({{"kind", std::string(spool::word(one.kind))},
                 {"name", one.name},
                 {"until", time_text(one.until)},
                 {"why", one.why}});
  }
  printer.finish();
  return 0;
}

}  // namespace mail::admin
