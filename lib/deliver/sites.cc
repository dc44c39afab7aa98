#include "deliver/sites.h"

#include <algorithm>

#include "relay/login.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostSites = 10'000;

std::string joined(const std::vector<Exchange>& hosts) {
  std::string text;
  for (const auto& one : hosts) {
    if (text.size() > 1000) break;
    text += (text.empty() ? "" : " ") + one.host;
  }
  return text;
}

}  // namespace

Sites::Sites(const config::Settings& settings)
    : start_(settings.relay_site_start),
      limit_(settings.relay_site_connections) {}

void Sites::restore(const std::vector<spool::SiteRow>& rows, Micros wall) {
  const Micros now = steady_time();
  for (const auto& row : rows) {
    if (sites_.size() >= kMostSites) return;
    // Whoever has mended a login makes us start anew.
    const bool barred = row.why.starts_with(relay::kLoginFailed);
    const Micros left =
        barred ? 0 : std::clamp<Micros>(row.dead_until - wall, 0, kHour);
    const Micros until = row.deaths > 0 ? now + left : 0;
    at(row.name, now).restore(row.window, row.deaths, until, row.why);
  }
}

spool::SiteRow Sites::to_row(const Site& site, Micros wall) const {
  const Micros left = site.dead_until() - steady_time();
  return {site.name(),
          site.window().size(),
          site.deaths(),
          site.deaths() > 0 ? wall + std::max<Micros>(0, left) : 0,
          joined(site.hosts),
          site.why(),
          wall,
          site.failures()};
}

Site& Sites::at(const std::string& name, Micros now) {
  auto found = sites_.find(name);
  if (found == sites_.end()) {
    make_room();
    found =
        sites_
            .emplace(name, std::make_unique<Site>(name, Window(start_, limit_)))
            .first;
  }
  found->second->used = now;
  return *found->second;
}

Site* Sites::find(const std::string& name) {
  const auto found = sites_.find(name);
  return found == sites_.end() ? nullptr : found->second.get();
}

// What has nothing on hand and was not used for longest goes.
void Sites::make_room() {
  if (sites_.size() < kMostSites) return;
  std::vector<Site*> idle;
  for (const auto& [name, site] : sites_) {
    if (site->queue.empty() && site->slots.empty() && !site->ready &&
        !site->goes_on) {
      idle.push_back(site.get());
    }
  }
  std::ranges::sort(idle, {}, &Site::used);
  idle.resize((idle.size() + 1) / 2);
  for (const Site* site : idle) sites_.erase(std::string(site->name()));
}

void Sites::wake(Site& site) {
  if (site.ready || site.queue.empty()) return;
  site.ready = true;
  ring_.push_back(&site);
}

void Sites::wake_first(Site& site) {
  if (site.goes_on || site.queue.empty()) return;
  site.goes_on = true;
  first_.push_back(&site);
}

Site* Sites::next() {
  if (!first_.empty()) {
    Site* site = first_.front();
    first_.pop_front();
    site->goes_on = false;
    return site;
  }
  if (ring_.empty()) return nullptr;
  Site* site = ring_.front();
  ring_.pop_front();
  site->ready = false;
  return site;
}

std::optional<Micros> Sites::suspended(spool::Suspension::Kind kind,
                                       const std::string& name,
                                       Micros wall) const {
  const auto& all = suspended_[static_cast<std::size_t>(kind)];
  const auto found = all.find(name);
  if (found == all.end() || found->second <= wall) return {};
  return found->second;
}

void Sites::set_suspensions(std::vector<spool::Suspension> all) {
  for (auto& kind : suspended_) kind.clear();
  for (auto& one : all) {
    suspended_[static_cast<std::size_t>(one.kind)][one.name] = one.until;
  }
}

}  // namespace mail::deliver
