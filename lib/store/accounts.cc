#include "store/accounts.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/fault.h"
#include "store/account_gone.h"
#include "store/administration.h"
#include "store/connection.h"

namespace mail::store {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);

// A connection and what the pool knows about it.
struct Place {
  std::unique_ptr<Connection> connection;  // empty while it is being opened
  Micros used = 0;
  bool leased = true;
};

// One account of this process.
struct Holder {
  explicit Holder(const std::string& folder) : writing(folder) {}

  Writing writing;
  std::list<Place> places;
};

}  // namespace

struct Accounts::State {
  AccountsOptions options;
  std::mutex mutex;
  std::condition_variable freed;       // a place, or a connection
  std::condition_variable_any opened;  // for the closer
  std::map<std::uint64_t, Holder> holders;
  std::size_t count = 0;  // places
  std::jthread closer;    // last: it ends before what it uses

  using Closed = std::vector<std::unique_ptr<Connection>>;

  // All of these with the mutex held.
  Connection* take_idle(std::uint64_t id, Closed& closed);
  bool make_room(Closed& closed);
  void close_older_than(Micros time, Closed& closed);
  void drop(std::uint64_t id, std::list<Place>::iterator place);
  void start_closer();
  bool may_open(std::uint64_t id) const;
  Connection* open_place(std::uint64_t id, std::unique_lock<std::mutex>& lock);
};

// One whose account has gone meanwhile, or is wanted by an administrator, is
// not used again.
Connection* Accounts::State::take_idle(std::uint64_t id, Closed& closed) {
  const auto holder = holders.find(id);
  if (holder == holders.end()) return nullptr;
  auto& places = holder->second.places;
  for (auto place = places.begin(); place != places.end();) {
    const auto here = place++;
    if (here->leased) continue;
    if (!here->connection->is_gone() && !here->connection->is_wanted()) {
      here->leased = true;
      return here->connection.get();
    }
    closed.push_back(std::move(here->connection));
    const bool last = places.size() == 1;
    drop(id, here);
    if (last) break;
  }
  return nullptr;
}

bool Accounts::State::may_open(std::uint64_t id) const {
  const auto holder = holders.find(id);
  return holder == holders.end() ||
         holder->second.places.size() < options.most_of_one;
}

void Accounts::State::drop(std::uint64_t id, std::list<Place>::iterator place) {
  Holder& holder = holders.at(id);
  holder.places.erase(place);
  --count;
  if (holder.places.empty()) holders.erase(id);
}

// The least recently used one goes; false when all are leased.
bool Accounts::State::make_room(Closed& closed) {
  if (count < options.most_open) return true;
  Micros oldest = 0;
  for (const auto& [id, holder] : holders) {
    for (const Place& place : holder.places) {
      if (place.leased) continue;
      if (oldest == 0 || place.used < oldest) oldest = place.used;
    }
  }
  if (oldest == 0) return false;
  close_older_than(oldest, closed);
  return true;
}

// What is closed leaves the pool here and is destroyed without the mutex.
void Accounts::State::close_older_than(Micros time, Closed& closed) {
  for (auto holder = holders.begin(); holder != holders.end();) {
    const std::uint64_t id = holder->first;
    auto& places = holder->second.places;
    ++holder;
    for (auto place = places.begin(); place != places.end();) {
      const auto here = place++;
      if (here->leased || here->used > time) continue;
      closed.push_back(std::move(here->connection));
      const bool last = places.size() == 1;
      drop(id, here);
      if (last) break;
    }
  }
}

// The connection does not need its turns to be closed, so the holder may go
// before it.  Opening takes a millisecond, or longer after a crash: the
// mutex is open meanwhile, the place is taken.
Connection* Accounts::State::open_place(std::uint64_t id,
                                        std::unique_lock<std::mutex>& lock) {
  const std::string folder = options.folder(id);
  if (!account_exists(folder)) throw AccountGone(folder);
  Holder& holder = holders.try_emplace(id, folder).first->second;
  const auto place = holder.places.emplace(holder.places.end());
  ++count;
  lock.unlock();
  struct Undo {
    State& state;
    std::unique_lock<std::mutex>& lock;
    std::uint64_t id;
    std::list<Place>::iterator place;
    ~Undo() {
      lock.lock();
      if (place->connection) return;
      state.drop(id, place);
      state.freed.notify_all();
    }
  } undo{*this, lock, id, place};
  place->connection = std::make_unique<Connection>(id, options, holder.writing);
  return place->connection.get();
}

// One thread that closes what was not used for a while; asleep when nothing
// is open.
void Accounts::State::start_closer() {
  if (closer.joinable()) return;
  closer = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      if (count == 0) {
        opened.wait(lock, stop, [this] { return count > 0; });
        continue;
      }
      opened.wait_for(lock, stop, std::chrono::microseconds(options.idle / 2),
                      [] { return false; });
      Closed closed;
      close_older_than(steady_time() - options.idle, closed);
      if (closed.empty()) continue;
      freed.notify_all();
      lock.unlock();
      closed.clear();
      // What SQLite held goes back to the system: most of it is not needed
      // until somebody does something.
      ::malloc_trim(0);
      lock.lock();
    }
  });
}

Accounts::Accounts(AccountsOptions options)
    : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}

Accounts::~Accounts() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [id, holder] : state_->holders) {
    for (const auto& place : holder.places) {
      require(!place.leased, "every lease is back before the accounts go");
    }
  }
}

Lease Accounts::open(std::uint64_t id) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  State::Closed closed;  // destroyed after the mutex is free
  std::unique_lock lock(state_->mutex);
  state_->start_closer();
  while (true) {
    if (Connection* idle = state_->take_idle(id, closed)) {
      return Lease(*this, *idle);
    }
    if (state_->may_open(id) && state_->make_room(closed)) break;
    if (state_->freed.wait_until(lock, deadline) == std::cv_status::timeout) {
      throw Fault("busy: too many accounts are in use");
    }
  }
  Connection* opened = state_->open_place(id, lock);
  state_->opened.notify_all();
  return Lease(*this, *opened);
}

void Accounts::give_back(Connection& connection) {
  const std::lock_guard lock(state_->mutex);
  const auto id = static_cast<std::uint64_t>(connection.id());
  for (Place& place : state_->holders.at(id).places) {
    if (place.connection.get() != &connection) continue;
    place.leased = false;
    place.used = steady_time();
  }
  state_->freed.notify_all();
}

// After trouble nothing that the connection holds is trusted: an fsync that
// failed must not be followed by one that seems to succeed.
void Accounts::close(Connection& connection) {
  std::unique_ptr<Connection> broken;
  const std::lock_guard lock(state_->mutex);
  const auto id = static_cast<std::uint64_t>(connection.id());
  auto& places = state_->holders.at(id).places;
  for (auto place = places.begin(); place != places.end(); ++place) {
    if (place->connection.get() != &connection) continue;
    broken = std::move(place->connection);
    state_->drop(id, place);
    break;
  }
  state_->freed.notify_all();
}

void Accounts::close_idle() {
  State::Closed closed;
  const std::lock_guard lock(state_->mutex);
  state_->close_older_than(steady_time(), closed);
  state_->freed.notify_all();
}

std::size_t Accounts::open_count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->count;
}

Lease::Lease(Accounts& accounts, Connection& connection)
    : accounts_(&accounts),
      connection_(&connection),
      exceptions_(std::uncaught_exceptions()) {
  connection.begin_view();
}

Lease::Lease(Lease&& other) noexcept
    : accounts_(std::exchange(other.accounts_, nullptr)),
      connection_(other.connection_),
      exceptions_(other.exceptions_) {}

Lease::~Lease() {
  if (accounts_ == nullptr) return;
  if (std::uncaught_exceptions() > exceptions_) {
    accounts_->close(*connection_);
  } else {
    connection_->end_view();
    accounts_->give_back(*connection_);
  }
}

Account* Lease::operator->() const { return connection_; }
Account& Lease::operator*() const { return *connection_; }

}  // namespace mail::store
