#include "db/turn.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <thread>

#include "base/fault.h"

namespace mail::db {
namespace {

using Clock = std::chrono::steady_clock;

// flock(2) cannot wait with a deadline, and a thread must never hang on a
// stopped process.  So both files are asked for again and again: the one at
// the gate often, since it alone delays the others; those before the gate
// seldom, all equally, so that none is preferred.
constexpr auto kAtTheGate = std::chrono::microseconds(150);
constexpr auto kBeforeTheGate = std::chrono::microseconds(300);

bool try_lock(const Fd& file) {
  while (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw_errno("flock");
  }
  return true;
}

void unlock(const Fd& file) { ::flock(file.number(), LOCK_UN); }

void wait_for(const Fd& file, std::chrono::microseconds pause,
              Clock::time_point deadline) {
  while (!try_lock(file)) {
    if (Clock::now() >= deadline) throw Fault("busy: another writer");
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Turns::Turns(const std::string& write_file, const std::string& gate_file)
    : write_(open_file(write_file, O_RDWR | O_CREAT, 0600)),
      gate_(open_file(gate_file, O_RDWR | O_CREAT, 0600)) {}

void Turns::enter(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  queue_.insert(ticket);
  if (!moved_.wait_until(lock, deadline,
                         [&] { return *queue_.begin() == ticket; })) {
    queue_.erase(ticket);
    throw Fault("busy: other writers of this process");
  }
}

// Even who finds nobody waiting passes through the gate: else the one that
// has just written would overtake the one that holds it.
void Turns::take_files(Deadline deadline) {
  wait_for(gate_, kBeforeTheGate, deadline);
  struct Open {
    const Fd& gate;
    ~Open() { unlock(gate); }
  } open{gate_};
  wait_for(write_, kAtTheGate, deadline);
}

void Turns::leave() {
  const std::lock_guard lock(mutex_);
  queue_.erase(queue_.begin());
  moved_.notify_all();
}

Turn::Turn(Turns& turns, std::chrono::milliseconds patience) : turns_(turns) {
  const auto deadline = Clock::now() + patience;
  turns_.enter(deadline);
  struct Leaver {
    Turns* turns;
    ~Leaver() {
      if (turns) turns->leave();
    }
  } leaver{&turns_};
  turns_.take_files(deadline);
  leaver.turns = nullptr;
}

Turn::~Turn() {
  unlock(turns_.write_);
  turns_.leave();
}

}  // namespace mail::db
