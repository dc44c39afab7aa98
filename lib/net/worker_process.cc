#include "net/worker_process.h"

#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

namespace mail::net {
namespace {

constexpr Millis kTick = 1000;
constexpr Millis kUnderPressure = 1;  // between looks while work waits
constexpr Millis kLastThreads = 100;  // for threads that are nearly done
constexpr Millis kTrim = 5000;        // between two returns of memory

Millis now_millis() { return steady_time() / kMillisecond; }

}  // namespace

WorkerProcess::WorkerProcess(const Inherited& inherited) : in_(inherited) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGINT, SIG_IGN);  // of the terminal; the parent sends TERM
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw_errno("signalfd");
  poller_.watch(signals_.number(), signals_source_, EPOLLIN);
  for (const Listener& listener : in_.listeners) {
    listening_.emplace_back(listener);
  }
}

WorkerProcess::~WorkerProcess() = default;

void WorkerProcess::serve(const SessionFactory& factory) {
  // Two arenas for all threads: each of more would keep its own free memory.
  ::mallopt(M_ARENA_MAX, 2);
  pool_.emplace(
      in_.capacity.threads,
      [this](Pool::Task& task, Pool::Scratch& scratch) { run(task, scratch); },
      [this] { poller_.poke(); });
  house_.emplace(House{factory, in_.settings, in_.tls, *pool_, stopping_});
  accepting_ = true;
  begin_listening();
  log_debug("ready", {{"worker", in_.number}});
  loop();
  bury();
  if (last_call_ == kNever) {
    last_call_ = now_millis() + in_.settings.stop_time.count();
  }
  const bool done =
      pool_->stop(std::max(last_call_ - now_millis(), kLastThreads));
  if (done && alive() == 0) return;
  // A thread still waits for a disk or a peer; it must not see our end.
  log_warn("worker-left-early",
           {{"worker", in_.number}, {"connections", alive()}});
  ::_exit(0);
}

void WorkerProcess::loop() {
  Millis pause = kTick;
  while (!over()) {
    for (Source* source : poller_.wait(pause)) handle(*source);
    for (Connection* connection : poller_.expired()) rouse(*connection);
    bury();
    const Millis now = now_millis();
    const Millis waited = pool_->tick(now);
    overloaded_ = waited >= in_.settings.queue_deadline.count();
    look_after(now);
    pause = waited >= 0 ? kUnderPressure : kTick;
    const Millis next = std::min(listen_again_, last_call_);
    if (next != kNever) pause = std::clamp<Millis>(next - now, 0, pause);
  }
}

bool WorkerProcess::over() {
  if (accepting_) return false;
  return alive() == 0 || now_millis() >= last_call_;
}

void WorkerProcess::handle(Source& source) {
  switch (source.kind) {
    case Source::Kind::Connection:
      rouse(static_cast<Connection&>(source));
      break;
    case Source::Kind::Listener:
      accept_some(static_cast<Listening&>(source).listener);
      break;
    case Source::Kind::Signals:
      take_signals();
      break;
    case Source::Kind::Wake:
      break;
  }
}

void WorkerProcess::take_signals() {
  signalfd_siginfo signal;
  while (::read(signals_.number(), &signal, sizeof signal) ==
         static_cast<ssize_t>(sizeof signal)) {
    end_listening();
    if (signal.ssi_signo != SIGTERM || stopping_) continue;
    stopping_ = true;
    last_call_ = now_millis() + in_.settings.stop_time.count();
    poller_.hurry();
    rouse_all();
  }
}

void WorkerProcess::look_after(Millis now) {
  const bool even = left_to_others_ && !in_.limits.above_share(in_.column);
  if (even || now >= listen_again_) {
    listen_again_ = kNever;
    begin_listening();
  }
  if (now < trim_at_) return;
  trim_at_ = now + kTrim;
  const std::size_t count = alive();
  if (count < trimmed_from_ / 2) {
    ::malloc_trim(0);
    trimmed_from_ = count;
  }
  trimmed_from_ = std::max(trimmed_from_, count);
}

// One turn of a connection, on a thread of the pool.
void WorkerProcess::run(Pool::Task& task, Pool::Scratch& scratch) {
  auto& connection = static_cast<Connection&>(task);
  connection.state = Connection::State::Running;
  const Pause pause = Conversation(*house_, connection, scratch).turn();
  if (pause.what == Pause::For::Nothing) return close(connection);
  pool_->finished(connection);
  if (pause.what == Pause::For::NextTurn) {
    connection.state = Connection::State::Queued;
    return pool_->submit(connection);
  }
  if (!poller_.park(connection, pause)) pool_->submit(connection);
}

void WorkerProcess::rouse(Connection& connection) {
  if (Poller::rouse(connection)) pool_->submit(connection);
}

void WorkerProcess::rouse_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) rouse(*connection);
}

void WorkerProcess::wake(Connection& connection) {
  connection.woken = true;
  rouse(connection);
}

bool WorkerProcess::join_account(Connection& connection,
                                 std::uint64_t account) {
  const std::uint64_t row = in_.limits.key("account", std::to_string(account));
  if (row == connection.account_row) return true;
  if (!in_.limits.take(in_.column, row, in_.capacity.limits.per_account)) {
    return false;
  }
  if (connection.account_row != 0) {
    in_.limits.give(in_.column, connection.account_row);
  }
  connection.account_row = row;
  pool_->join(connection, row, in_.settings.threads_per_group);
  return true;
}

void WorkerProcess::close(Connection& connection) {
  connection.session.reset();
  connection.transport.close();
  pool_->finished(connection);
  pool_->leave(connection);
  poller_.forget(connection);
  release_rows(connection);
  const std::lock_guard lock(mutex_);
  const std::size_t place = connection.place;
  dead_.push_back(std::move(connections_[place]));
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place = place;
  }
  connections_.pop_back();
  if (connections_.empty() && !accepting_) poller_.poke();
}

void WorkerProcess::release_rows(Connection& connection) {
  for (const std::uint64_t row :
       {connection.address_row, connection.account_row}) {
    if (row != 0) in_.limits.give(in_.column, row);
  }
  in_.limits.disconnect(in_.column);
}

// What has ended while the poller may have held an event of it goes now.
void WorkerProcess::bury() {
  std::vector<std::unique_ptr<Connection>> dead;
  const std::lock_guard lock(mutex_);
  dead.swap(dead_);
}

std::size_t WorkerProcess::alive() {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace mail::net
