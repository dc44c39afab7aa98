// What came of an errand: what of it is decided, and where the rest goes.

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/metrics.h"
#include "deliver/orders.h"
#include "deliver/outbound.h"

namespace mail::deliver {
namespace {

using Outcome = Verdict::Outcome;

// How often a message meets a busy site before it is deferred; and one that
// ends the connection whenever it has answered to some of its recipients.
constexpr int kMostRefusals = 20;
constexpr int kMostEndings = 5;

std::string host_of(const Visit& visit) {
  if (visit.address.empty()) return visit.host;
  const std::string blank = visit.host.empty() ? "" : " ";
  return visit.host + blank + "[" + visit.address + "]";
}

// Where the verdict was given, or where it was tried last.
Visit visit_of(const Report& report, const Verdict& verdict) {
  if (report.visits.empty()) return {};
  return report.visits[std::min(verdict.visit, report.visits.size() - 1)];
}

Verdict verdict_of(const Report& report, std::size_t i) {
  if (i < report.verdicts.size()) return report.verdicts[i];
  Verdict none;
  none.enhanced = "4.3.0";
  none.text = "the sender said nothing of this recipient";
  return none;
}

// Whether each such errand leaves fewer recipients to be decided.
bool decides(const Report& report) {
  return std::ranges::any_of(
      report.verdicts, [](const Verdict& one) { return one.answered; });
}

// Whether it says anything for the site that it answered: not if it took
// nothing and ended the connection, as one does that shuts down.
bool speaks_for_it(const Report& report) {
  const bool took = std::ranges::any_of(
      report.verdicts,
      [](const Verdict& one) { return one.outcome == Outcome::Delivered; });
  return took || (report.open && decides(report));
}

// "TLSv1.3 TLS_AES_256_GCM_SHA384", or nothing.
void count_tls(std::string_view tls) {
  count(Metric::OutgoingTls,
        tls.empty() ? "none" : tls.substr(0, tls.find(' ')));
}

}  // namespace

// Whether there is something to remember.
bool Outbound::judge(Site& site, const Report& report) {
  const Micros now = steady_time();
  const std::int64_t before = site.window().size();
  bool changed = false;
  switch (report.site) {
    case Report::Site::Fine:
      // Nobody knows what one is worth that ends or hangs in the middle.
      if (!speaks_for_it(report) && site.deaths() == 0) break;
      changed = site.fared_well();
      if (changed) log_info("site-lives", {{"site", site.name()}});
      break;
    case Report::Site::Busy:
      changed = site.was_busy(now, report.why);
      break;
    case Report::Site::Dead:
      changed = site.was_dead(now, report.why);
      break;
    case Report::Site::Barred:
      changed = site.barred_us(now, report.why);
      break;
  }
  if (changed && site.is_dead(now)) {
    log_warn("site-dead", {{"site", site.name()},
                           {"reason", site.why()},
                           {"seconds", (site.dead_until() - now) / kSecond}});
  }
  return changed || site.window().size() != before;
}

// Whether a hop behind this one takes mail, as far as we know.
bool Outbound::has_next(const Consignment& c) {
  const auto route =
      routes_.decide(c.message->targets[c.targets.front()].row.address,
                     [](std::string_view) { return false; });
  for (std::size_t i = c.hop + 1; i < route.hops.size(); ++i) {
    if (is_open(route.hops[i])) return true;
  }
  return false;
}

// What is decided parts; the rest is tried again here, or at the next hop, or
// parts as well.
void Outbound::land(Site& site, Consignment consignment, const Report& report) {
  const bool stops = is_stopped(*consignment.message, consignment.targets);
  const int most = report.site == Report::Site::Busy ? kMostRefusals
                   : decides(report)                 ? kMostEndings
                                                     : 0;
  const bool again = !stops && !site.is_dead(steady_time()) &&
                     consignment.refusals + 1 < most;
  const bool onward = !stops && has_next(consignment);
  Consignment back = consignment;
  back.targets.clear();
  back.since = steady_time();
  Consignment next = back;
  std::map<std::size_t, Parting> parted;  // by visit
  std::string why;
  for (std::size_t i = 0; i < consignment.targets.size(); ++i) {
    Verdict verdict = verdict_of(report, i);
    const std::size_t target = consignment.targets[i];
    const bool elsewhere = verdict.may_go_elsewhere();
    if (again && elsewhere && !verdict.answered) {
      back.targets.push_back(target);
    } else if (onward && elsewhere) {
      next.targets.push_back(target);
      why = std::move(verdict.text);
    } else {
      Parting& parting = parted[verdict.visit];
      parting.targets.push_back(target);
      parting.verdicts.push_back(std::move(verdict));
    }
  }
  std::size_t left = parted.size() + (back.targets.empty() ? 0 : 1) +
                     (next.targets.empty() ? 0 : 1);
  for (auto& [number, parting] : parted) {
    parting.partial = --left > 0;
    const Visit visit = visit_of(report, parting.verdicts.front());
    part_at(consignment, visit, std::move(parting));
  }
  if (!back.targets.empty() && !next.targets.empty()) {
    consignment.message->parcels += 1;
  }
  if (!back.targets.empty()) {
    ++back.refusals;
    site.queue.put_back(std::move(back));
  }
  if (!next.targets.empty()) go_on(site, std::move(next), why);
}

void Outbound::go_on(const Site& site, Consignment c, const std::string& why) {
  log_info("next-hop", {{"id", c.message->id},
                        {"domain", c.domain},
                        {"site", site.name()},
                        {"reason", why}});
  ++c.hop;
  c.refusals = 0;
  place(std::move(c));
}

// `parting` has its targets and their verdicts.
void Outbound::part_at(const Consignment& consignment, const Visit& visit,
                       Parting parting) {
  const bool answered = std::ranges::any_of(
      parting.verdicts, [](const Verdict& one) { return one.code != 0; });
  if (answered) count_tls(visit.tls);
  Parting whole = parting_of(consignment);
  whole.targets = std::move(parting.targets);
  whole.verdicts = std::move(parting.verdicts);
  whole.partial = parting.partial;
  whole.host = host_of(visit);
  whole.tls = visit.tls;
  whole.dsn = visit.dsn;
  whole.seven_bit = visit.seven_bit;
  partings_.push_back(std::move(whole));
}

}  // namespace mail::deliver
