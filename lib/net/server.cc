#include "net/server.h"

#include <signal.h>

#include <algorithm>
#include <list>
#include <numeric>
#include <optional>
#include <thread>

#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/process.h"
#include "base/supervisor.h"
#include "net/address.h"
#include "net/limit_table.h"
#include "net/tls_context.h"
#include "net/worker_process.h"

namespace mail::net {
namespace {

constexpr int kMostWorkers = 8;
constexpr std::size_t kMostGenerations = 3;

using SteadyClock = std::chrono::steady_clock;

int worker_count(const Capacity& capacity) {
  if (capacity.workers > 0) return std::min(capacity.workers, kMostWorkers);
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int each = capacity.cores_per_worker;
  return std::clamp((cores + each - 1) / each, 1, kMostWorkers);
}

}  // namespace

struct Server::State {
  // Workers made from one reading of the configuration.
  struct Generation {
    struct Member {
      int child = 0;
      int column = 0;
    };
    Capacity capacity;
    AddressLimits address_limits;
    std::unique_ptr<TlsContext> tls;  // absent: no TLS, or a retired one
    std::vector<Member> members = {};
    std::optional<SteadyClock::time_point> retired = {};
  };

  explicit State(ServerSettings given)
      : settings(std::move(given)),
        listeners(net::listeners(settings.known, settings.listen)),
        limits(settings.capacity.limits.total) {}

  void load();
  void begin_generation(const std::function<void(Worker&)>& work);
  void retire_generation(Generation& generation);
  void renew(const std::function<void(Worker&)>& work);
  bool must_wait() const;
  std::size_t alive() const;
  void forget(const Death& death);
  std::vector<int> columns_left() const;

  ServerSettings settings;
  std::vector<Listener> listeners;
  LimitTable limits;
  std::function<Prepared()> prepare;
  Supervisor supervisor;
  std::list<Generation> generations;  // the newest last
  std::optional<Generation> next;
  std::function<void()> take_effect;  // of the next one's settings
  bool wanted = false;  // a reload that waits
};

Server::Server(ServerSettings settings)
    : state_(std::make_unique<State>(std::move(settings))) {}

Server::~Server() = default;

void Server::prepare(std::function<Prepared()> call) {
  state_->prepare = std::move(call);
}

const std::vector<Listener>& Server::listeners() const {
  return state_->listeners;
}

int Server::run(const std::function<void(Worker&)>& work) {
  State& state = *state_;
  state.load();
  state.begin_generation(work);
  state.supervisor.on_death([&](const Death& death) {
    state.forget(death);
    if (state.wanted) state.renew(work);
  });
  state.supervisor.on_hangup([&] { state.renew(work); });
  state.supervisor.on_tick([&] {
    if (state.wanted) state.renew(work);
    set_gauge(Metric::ConnectionsOpen, state.limits.connections());
  });
  return state.supervisor.run();
}

void Server::State::load() {
  const Prepared prepared = prepare ? prepare() : Prepared{};
  const Capacity capacity = prepared.capacity.value_or(settings.capacity);
  next = {.capacity = capacity,
          .address_limits = AddressLimits(capacity.limits),
          .tls = prepared.certificates.empty()
                     ? nullptr
                     : std::make_unique<TlsContext>(prepared.certificates)};
  take_effect = prepared.take_effect;
}

void Server::State::begin_generation(const std::function<void(Worker&)>& work) {
  Generation& generation = generations.emplace_back(std::move(*next));
  next.reset();
  if (take_effect) std::exchange(take_effect, nullptr)();
  limits.grow(generation.capacity.limits.total);
  auto free_columns = columns_left();
  for (int n = 0; n < worker_count(generation.capacity); ++n) {
    const int column = free_columns.back();
    const Inherited inherited{settings,
                              generation.capacity,
                              listeners,
                              generation.address_limits,
                              limits,
                              generation.tls.get(),
                              n,
                              column};
    free_columns.pop_back();
    const int child = supervisor.add({.name = "worker " + std::to_string(n),
                                      .prepare = {},
                                      .run =
                                          [inherited, work] {
                                            WorkerProcess worker(inherited);
                                            work(worker);
                                            return 0;
                                          },
                                      .argv = {}});
    generation.members.push_back({child, column});
  }
}

// SIGHUP to a worker: accept nothing more, leave with the last connection.
void Server::State::retire_generation(Generation& generation) {
  for (const auto& member : generation.members) {
    supervisor.retire(member.child);
    supervisor.send(member.child, SIGHUP);
  }
  // A process that was not alive just now never comes: its column is free.
  std::erase_if(generation.members, [&](const Generation::Member& member) {
    return supervisor.pid(member.child) == 0;
  });
  if (!generation.retired) generation.retired = SteadyClock::now();
}

std::size_t Server::State::alive() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(generations, [](const Generation& generation) {
        return !generation.members.empty();
      }));
}

// Reloads that follow one another must not cut off whoever has just come.
bool Server::State::must_wait() const {
  const auto& oldest = generations.front().retired;
  return alive() >= kMostGenerations && oldest &&
         SteadyClock::now() - *oldest < settings.hand_over;
}

void Server::State::renew(const std::function<void(Worker&)>& work) {
  if (must_wait()) {
    if (!std::exchange(wanted, true)) log_info("reload-waits");
    return;
  }
  wanted = false;
  const int result = guarded("reload", [&] {
    load();
    return 0;
  });
  if (result != 0) {
    log_error("reload-failed", {{"code", result}});
    return;
  }
  const std::size_t before = alive();
  if (before >= kMostGenerations) {
    for (const auto& member : generations.front().members) {
      supervisor.send(member.child, SIGTERM);
    }
  }
  if (columns_left().size() <
      static_cast<std::size_t>(worker_count(next->capacity))) {
    log_error("reload-failed", {{"why", "too soon after the last ones"}});
    return;
  }
  for (Generation& generation : generations) retire_generation(generation);
  begin_generation(work);
  log_info("reloaded", {{"generations", before + 1}});
}

void Server::State::forget(const Death& death) {
  for (Generation& generation : generations) {
    for (const auto& member : generation.members) {
      if (member.child == death.child) limits.clear(member.column);
    }
    if (&generation == &generations.back()) continue;
    std::erase_if(generation.members, [&](const Generation::Member& member) {
      return member.child == death.child;
    });
  }
  generations.remove_if([&](const Generation& generation) {
    return generation.members.empty() && &generation != &generations.back();
  });
}

// The columns of the limit table that no process has.
std::vector<int> Server::State::columns_left() const {
  std::vector<int> left(LimitTable::kColumns);
  std::iota(left.begin(), left.end(), 0);
  for (const Generation& generation : generations) {
    for (const auto& member : generation.members) {
      std::erase(left, member.column);
    }
  }
  return left;
}

}  // namespace mail::net
