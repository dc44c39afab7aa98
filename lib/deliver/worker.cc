#include "deliver/worker.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/fault.h"
#include "base/log.h"
#include "deliver/batch.h"
#include "deliver/stop_signal.h"
#include "directory/directory.h"

namespace mail::deliver {
namespace {

// Idle for so long, it looks whether an account is due.
constexpr int kIdle = 1000;

store::AccountsOptions accounts_of(const config::Settings& settings) {
  store::AccountsOptions options;
  options.folder = [data = settings.data](std::uint64_t id) {
    return data + "/" + directory::account_folder(id);
  };
  options.usual_quota = settings.quota;
  return options;
}

}  // namespace

Worker::Worker(const config::Settings& settings, const Place& place)
    : place_(place),
      accounts_(accounts_of(settings)),
      mailman_(settings.spool(), accounts_,
               [this](std::string_view id) {
                 if (id.empty()) {
                   place_.announcements.clear(place_.number);
                 } else {
                   place_.announcements.announce(place_.number, id);
                 }
               }),
      upkeep_(accounts_,
              {settings.accounts(),
               [this](std::uint64_t account) {
                 return owner_of(account, place_.count) == place_.number;
               },
               [this](std::string_view id) { return mailman_.in_spool(id); }}),
      stop_(stop_signal()),
      buffer_(kMaxBatchPacket, '\0') {}

int Worker::run() {
  answer({});
  while (true) {
    const bool work = wait(upkeep_.due(wall_time()) ? 0 : kIdle);
    pollfd stop{stop_.number(), POLLIN, 0};
    if (::poll(&stop, 1, 0) > 0) return 0;
    if (work) serve();
    const Micros now = wall_time();
    if (work ? upkeep_.overdue(now) : upkeep_.due(now)) upkeep_.step(now);
    if (!work) accounts_.close_idle();
  }
}

bool Worker::wait(int milliseconds) {
  std::array<pollfd, 2> both{
      pollfd{place_.socket.number(), POLLIN, 0},
      pollfd{stop_.number(), POLLIN, 0}};
  if (::poll(both.data(), both.size(), milliseconds) < 0 && errno != EINTR) {
    throw_errno("poll");
  }
  return both[0].revents != 0;
}

void Worker::serve() {
  const ssize_t n = ::recv(place_.socket.number(), buffer_.data(),
                           buffer_.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) throw_errno("batch");
  if (n == 0) throw Fault("there is no scheduler any more");
  const auto batch = parse_batch(
      std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)));
  if (!batch) {
    log_error("bad-batch", {{"reason", batch.error().why}});
    return;
  }
  answer(mailman_.deliver(*batch));
  if (!batch->parcels.empty()) upkeep_.touched(batch->account, wall_time());
}

void Worker::answer(const BatchResult& result) {
  const std::string packet = to_packet(result);
  if (::send(place_.socket.number(), packet.data(), packet.size(),
             MSG_NOSIGNAL) < 0) {
    throw_errno("answer to the scheduler");
  }
}

}  // namespace mail::deliver
