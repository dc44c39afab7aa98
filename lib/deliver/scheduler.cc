#include "deliver/scheduler.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/ascii.h"
#include "base/attempt.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/gauges.h"
#include "deliver/lost_rows.h"
#include "deliver/open_queue.h"
#include "deliver/queue_desk.h"
#include "deliver/stop_signal.h"

namespace mail::deliver {
namespace {

constexpr Micros kProbeEvery = kMinute;
constexpr Micros kSitesEvery = 10 * kSecond;
constexpr Micros kForgetSites = 30 * kDay;

// In hand, of all accounts; and what each may have in any case.
constexpr std::size_t kMostTargets = 50'000;
constexpr std::size_t kFewTargets = 20;

Lifetime lifetime_of(const config::Settings& settings) {
  return {settings.queue_expire * kSecond,
          settings.queue_expire_null_sender * kSecond};
}

}  // namespace

Scheduler::Scheduler(const config::Settings& settings, const Place& place,
                     directory::Directory& directory)
    : lifetime_(lifetime_of(settings)),
      retry_(settings.queue_retry * kSecond),
      directory_(directory),
      shelves_(settings.spool()),
      db_(open_queue(settings.queue_db())),
      bouncer_({settings.spool(), settings.hostname, db_.secret(),
                settings.queue_delay_notice * kSecond}),
      hub_(settings.scheduler_socket(), place.allowed),
      control_(settings.queue_control(),
               administrators(settings.credentials_db())),
      lanes_(place.workers),
      outbound_(settings, place.senders),
      parent_(place.parent),
      stop_(stop_signal()),
      shares_(kMostTargets, kFewTargets),
      departures_(settings.spool()) {}

int Scheduler::run() {
  departures_.start();
  db_.forget_sites(wall_time() - kForgetSites);
  outbound_.sites().restore(db_.sites(), wall_time());
  heed_suspensions();
  finish_removals();
  if (db_.empty()) {
    make_up_for_lost_rows(shelves_, ledger_, directory_, lifetime_);
  }
  scan();
  next_.probe = steady_time() + kProbeEvery;
  log_info("ready", {{"arriving", arrivals_.size()},
                     {"stored", db_.count()}});
  while (!stopping_) round();
  drain();
  ledger_.write();
  return 0;
}

void Scheduler::round() {
  std::vector<pollfd> all;
  for (const int number : {hub_.wait_on(), control_.wait_on(),
                           departures_.wait_on(), parent_.number(),
                           clock_.wait_on(), stop_.number()}) {
    all.push_back({number, POLLIN, 0});
  }
  const std::size_t first_lane = all.size();
  for (std::size_t i = 0; i < lanes_.count(); ++i) {
    all.push_back({lanes_.socket(i), POLLIN, 0});
  }
  const std::size_t first_sender = all.size();
  for (std::size_t i = 0; i < outbound_.senders(); ++i) {
    all.push_back({outbound_.socket(i), POLLIN, 0});
  }
  if (::poll(all.data(), all.size(), patience()) < 0 && errno != EINTR) {
    throw_errno("poll");
  }
  // Before anything is judged by the time it is.
  watch_clock();
  // First the deaths: each was told before the next worker's first words,
  // though maybe after the poll looked.
  hear_parent();
  for (std::size_t i = 0; i < lanes_.count(); ++i) {
    if (all[first_lane + i].revents) take_answer(i);
  }
  for (std::size_t i = 0; i < outbound_.senders(); ++i) {
    if (all[first_sender + i].revents) outbound_.hear(i);
  }
  take_partings();
  if (all[0].revents) hear_smtpd();
  open_arrivals();
  start_batches();
  outbound_.start();
  if (all[1].revents) {
    control_.serve(*this);
    heed_suspensions();
  }
  if (all[2].revents) swept();
  if (all[5].revents) stopping_ = true;
  timed_work();
  start_batches();
  outbound_.start();
  take_partings();
}

// Milliseconds until something is due by time; 0 when there is work at hand.
int Scheduler::patience() {
  const Micros now = steady_time();
  Micros until = std::min({next_.scan, next_.probe, due_.due(), next_.sites,
                           next_.suspensions, next_.removals,
                           departures_.due(), outbound_.due()});
  if (const auto due = ledger_.due()) until = std::min(until, *due);
  if (const auto due = lanes_.due()) until = std::min(until, *due);
  if (!active_.empty()) until = std::min(until, next_.others);
  until = std::min(until, std::max(arrivals_.due(), next_.opening));
  const Micros wait = std::clamp<Micros>(until - now, 0, kMinute);
  return static_cast<int>((wait + kMillisecond - 1) / kMillisecond);
}

void Scheduler::timed_work() {
  const Micros now = steady_time();
  for (const auto& id : ledger_.write_when_due()) stored(id);
  if (now >= due_.due()) {
    due_.run([this](const spool::DueRow& row) { return take_due(row); });
  }
  if (now >= next_.scan) scan();
  for (const auto& id : departures_.try_again()) put_in_place(id);
  if (now >= next_.removals) finish_removals();
  if (now >= next_.others) look_after_others();
  if (now >= next_.sites) {
    next_.sites = now + kSitesEvery;
    ledger_.remember(outbound_.take_changed(wall_time()));
    show_gauges({arrivals_.size(), active_.size()}, db_.tally(),
                outbound_.sites());
  }
  if (now >= next_.suspensions) heed_suspensions();
  if (now < next_.probe) return;
  next_.probe = now + kProbeEvery;
  heed_suspensions();
  db_.expect_sound();
  const auto done = attempt([&] { admission_.tidy(); });
  if (!done) log_error("queue-write-failed", {{"reason", done.error().why}});
  for (const auto account : hub_.closures().full) lanes_.probe(account);
}

// Whether it is in hand now, or is not to be.
bool Scheduler::take_due(const spool::DueRow& row) {
  if (active_.contains(row.id)) return true;
  if (ledger_.is_done(row.id)) return true;  // its file is gone
  if (departures_.has(row.id) || !shares_.may_take(row.owner) ||
      outbound_.waiting_for(row.site) >=
          std::max(kFewTargets, shares_.free())) {
    return false;
  }
  if (auto stored = db_.load(row.id)) {
    auto message =
        std::make_unique<Message>(next_attempt(*stored, wall_time()));
    if (!lies_ready(*message)) return false;
    keep_local(*message, directory_);
    admission_.refuse_suppressed(*message, {});
    const auto done = attempt([&] { begin(std::move(message)); });
    if (!done) {
      log_error("open-failed", {{"id", row.id}, {"reason", done.error().why}});
    }
    return done.has_value();
  } else {
    ledger_.finished(row.id, row.n);  // of no message
  }
  return true;
}

// Its file may not have got to its shelf.  No worker looks into hold/: what
// lies there and is not held is to come out first.
bool Scheduler::lies_ready(Message& message) {
  message.shelf = shelves_.find(message.id).value_or(message.shelf);
  if (message.held || message.shelf != spool::Shelf::Hold) return true;
  if (!departures_.knows(message.id)) put_in_place(message.id);
  return false;
}

void Scheduler::watch_clock() {
  const auto set = clock_.step();
  if (!set) return;
  const Micros step = *set;
  log_warn("clock-step",
           {{"seconds", static_cast<double>(step) / kSecond}});
  for (const auto& [id, message] : active_) shift_times(*message, step);
  const auto done = attempt([&] {
    // First what is still to be written, with the times it was planned for.
    for (const auto& id : ledger_.write()) stored(id);
    db_.shift_times(step);
  });
  if (!done) log_error("queue-write-failed", {{"reason", done.error().why}});
  due_.hurry();
}

void Scheduler::hear_parent() {
  std::string packet(1024, '\0');
  while (true) {
    const ssize_t n =
        ::recv(parent_.number(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (n <= 0) return;
    const auto death = parse_death(
        std::string_view(packet).substr(0, static_cast<std::size_t>(n)));
    if (death && death->worker < lanes_.count()) {
      worker_died(death->worker, death->signal, death->id);
    } else if (death && death->worker - lanes_.count() < outbound_.senders()) {
      sender_died(death->worker - lanes_.count(), *death);
    }
  }
}

}  // namespace mail::deliver
