#include "store/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "store/modseq_file.h"

namespace mail::store {
namespace {

constexpr Micros kCompareEvery = 30 * kSecond;

Fd make_inotify() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) throw_errno("inotify_init1");
  return fd;
}

Fd make_eventfd() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw_errno("eventfd");
  return fd;
}

}  // namespace

struct Watches::State {
  // An account that at least one session watches.
  struct Watched {
    int descriptor = -1;  // of inotify; -1: the account has no file
    Modseq last = 0;      // the number that the sessions were last told of
    std::map<std::uint64_t, std::function<void()>> sessions;
  };

  std::function<std::string(std::uint64_t)> folder;
  Fd inotify = make_inotify();
  Fd stop = make_eventfd();
  mutable std::mutex mutex;
  std::map<std::uint64_t, Watched> accounts;
  std::map<int, std::uint64_t> descriptors;
  std::uint64_t next_key = 1;
  std::thread thread;

  void run();
  void read_events();
  void compare_all();
  void tell(std::uint64_t account, Watched& watched);
};

// The wish of an administrator is nothing to wake up for: a session that
// waits holds nothing.
void Watches::State::tell(std::uint64_t account, Watched& watched) {
  const Modseq now = ModseqFile::look(folder(account)).value_or(0);
  if (now < 0 || now == watched.last) return;
  watched.last = now;
  for (const auto& [key, changed] : watched.sessions) changed();
}

void Watches::State::read_events() {
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  const std::lock_guard lock(mutex);
  while (true) {
    const ssize_t size = ::read(inotify.number(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event + event.len;
      const auto account = descriptors.find(event.wd);
      if (account == descriptors.end()) continue;
      const auto watched = accounts.find(account->second);
      if (watched == accounts.end()) continue;
      if (event.mask & IN_IGNORED) {  // the file is gone
        watched->second.descriptor = -1;
        descriptors.erase(account);
      }
      tell(watched->first, watched->second);
    }
  }
}

void Watches::State::compare_all() {
  const std::lock_guard lock(mutex);
  for (auto& [account, watched] : accounts) tell(account, watched);
}

void Watches::State::run() {
  Micros next = steady_time() + kCompareEvery;
  while (true) {
    std::array<pollfd, 2> files{
        {{inotify.number(), POLLIN, 0}, {stop.number(), POLLIN, 0}}};
    const Micros left = next - steady_time();
    const int wait = left <= 0 ? 0 : static_cast<int>(left / kMillisecond) + 1;
    const int ready = ::poll(files.data(), files.size(), wait);
    require(ready >= 0 || errno == EINTR, "poll of two descriptors");
    if (files[1].revents != 0) return;
    if (files[0].revents != 0) read_events();
    if (steady_time() >= next) {
      compare_all();
      next = steady_time() + kCompareEvery;
    }
  }
}

Watches::Watches(std::function<std::string(std::uint64_t)> folder)
    : state_(std::make_unique<State>()) {
  state_->folder = std::move(folder);
}

Watches::~Watches() {
  require(state_->accounts.empty(), "every watch ends before the watches");
  if (!state_->thread.joinable()) return;
  ::eventfd_write(state_->stop.number(), 1);
  state_->thread.join();
}

Watch Watches::add(std::uint64_t account, std::function<void()> changed) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->thread.joinable()) {
    state_->thread = std::thread([state = state_.get()] { state->run(); });
  }
  const auto [watched, is_new] = state_->accounts.try_emplace(account);
  if (is_new) {
    const std::string folder = state_->folder(account);
    const int descriptor = ::inotify_add_watch(
        state_->inotify.number(), (folder + "/modseq").c_str(),
        IN_MODIFY | IN_DELETE_SELF | IN_ATTRIB);
    if (descriptor < 0 && errno != ENOENT && errno != ENOSPC) {
      state_->accounts.erase(watched);
      throw_errno("inotify_add_watch");
    }
    watched->second.descriptor = descriptor;
    if (descriptor >= 0) state_->descriptors[descriptor] = account;
    watched->second.last = ModseqFile::look(folder).value_or(0);
  }
  const std::uint64_t key = state_->next_key++;
  watched->second.sessions.emplace(key, std::move(changed));
  return Watch(*this, account, key);
}

void Watches::remove(std::uint64_t account, std::uint64_t key) {
  const std::lock_guard lock(state_->mutex);
  const auto watched = state_->accounts.find(account);
  if (watched == state_->accounts.end()) return;
  watched->second.sessions.erase(key);
  if (!watched->second.sessions.empty()) return;
  if (watched->second.descriptor >= 0) {
    state_->descriptors.erase(watched->second.descriptor);
    ::inotify_rm_watch(state_->inotify.number(), watched->second.descriptor);
  }
  state_->accounts.erase(watched);
}

Modseq Watches::number(std::uint64_t account) const {
  return ModseqFile::look(state_->folder(account)).value_or(0);
}

Watch::Watch(Watch&& other) noexcept
    : watches_(std::exchange(other.watches_, nullptr)),
      account_(other.account_),
      key_(other.key_) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  std::swap(watches_, other.watches_);
  std::swap(account_, other.account_);
  std::swap(key_, other.key_);
  return *this;
}

Watch::~Watch() {
  if (watches_) watches_->remove(account_, key_);
}

Modseq Watch::number() const {
  return watches_ ? watches_->number(account_) : 0;
}

}  // namespace mail::store
