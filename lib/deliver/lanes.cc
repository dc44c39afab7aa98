#include "deliver/lanes.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"

namespace mail::deliver {
namespace {

// Of messages in one batch: a few long ones do not make the others wait.
constexpr std::int64_t kMaxBatchBytes = 16 << 20;
constexpr std::size_t kMaxBatchText = kMaxBatchPacket / 2;

std::vector<std::string> details_of(const Job& job) {
  std::vector<std::string> details;
  for (const auto index : job.targets) {
    const std::string& detail = job.message->targets[index].row.detail;
    // All of a message for one account is one delivery: what is too much
    // for a packet is in INBOX.
    const std::string& box = details.size() < kMaxDetails ? detail : "";
    if (std::ranges::find(details, box) == details.end()) {
      details.push_back(box);
    }
  }
  return details;
}

Parcel parcel_of(const Job& job) {
  const Message& message = *job.message;
  return {message.id, message.shelf,
          message.targets[job.targets.front()].row.address, details_of(job)};
}

std::size_t text_size(const Parcel& parcel) {
  std::size_t size = 64 + 3 * parcel.address.size();
  for (const auto& detail : parcel.details) size += 1 + 3 * detail.size();
  return size;
}

}  // namespace

Lanes::Lanes(std::span<const Fd> sockets, Micros rest)
    : lanes_(sockets.size()), rest_(rest), buffer_(kMaxBatchPacket, '\0') {
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    lanes_[i].socket = &sockets[i];
    // Answers to a scheduler before us must not pass for ours.
    lanes_[i].number = random_number() | 1;  // 0 is taken
  }
}

int Lanes::socket(std::size_t lane) const {
  return lanes_[lane].socket->number();
}

bool Lanes::Lane::has_work(std::uint64_t one) const {
  return jobs.contains(one) || probes.contains(one);
}

void Lanes::Lane::end_rests(Micros now) {
  while (!resting.empty() && resting.front().until <= now) {
    const std::uint64_t one = resting.front().account;
    resting.pop_front();
    if (has_work(one)) turns.push_back(one);
  }
}

Lanes::Lane& Lanes::lane_of(std::uint64_t account) {
  return lanes_[owner_of(account, lanes_.size())];
}

void Lanes::queue_turn(Lane& lane, std::uint64_t account) {
  if (lane.has_work(account)) return;  // then it has its turn
  lane.end_rests(steady_time());
  const auto rest = std::ranges::find(lane.resting, account, &Rest::account);
  if (rest == lane.resting.end()) lane.turns.push_back(account);
}

void Lanes::add(Job job) {
  Lane& lane = lane_of(job.account);
  queue_turn(lane, job.account);
  auto& jobs = lane.jobs[job.account];
  // What a worker died of comes first and by itself.
  if (job.message->alone) {
    jobs.push_front(std::move(job));
  } else {
    jobs.push_back(std::move(job));
  }
  ++waiting_;
}

void Lanes::probe(std::uint64_t account) {
  Lane& lane = lane_of(account);
  queue_turn(lane, account);
  lane.probes.insert(account);
}

std::optional<std::uint64_t> Lanes::next(std::size_t lane) {
  Lane& one = lanes_[lane];
  one.end_rests(steady_time());
  if (one.busy || one.dead || one.turns.empty()) return {};
  return one.turns.front();
}

std::optional<Micros> Lanes::due() const {
  std::optional<Micros> soonest;
  for (const Lane& lane : lanes_) {
    if (lane.busy || lane.dead) continue;  // its answer comes first
    const auto rest = std::ranges::find_if(lane.resting, [&](const Rest& one) {
      return lane.has_work(one.account);
    });
    if (rest == lane.resting.end()) continue;
    soonest = std::min(soonest.value_or(rest->until), rest->until);
  }
  return soonest;
}

std::vector<Parcel> Lanes::load(Lane& lane, std::deque<Job>& jobs) {
  std::vector<Parcel> parcels;
  std::int64_t bytes = 0;
  std::size_t text = 0;
  while (!jobs.empty() && parcels.size() < kMaxParcels) {
    const Message& message = *jobs.front().message;
    Parcel parcel = parcel_of(jobs.front());
    text += text_size(parcel);
    bytes += message.size;
    const bool first = parcels.empty();
    if (!first && (message.alone || bytes > kMaxBatchBytes ||
                   text > kMaxBatchText)) {
      break;
    }
    parcels.push_back(std::move(parcel));
    observe(Metric::QueueTime, steady_time() - jobs.front().since, "local");
    lane.batch.push_back(std::move(jobs.front()));
    jobs.pop_front();
    --waiting_;
    if (first && lane.batch.back().message->alone) break;
  }
  return parcels;
}

void Lanes::start(std::size_t number, const directory::Account& account) {
  Lane& lane = lanes_[number];
  require(!lane.busy && !lane.turns.empty() &&
              lane.turns.front() == account.id,
          "a batch for the account whose turn it is");
  lane.turns.pop_front();
  lane.probes.erase(account.id);
  Batch batch;
  batch.number = ++lane.number;
  batch.account = account.id;
  batch.quota = account.quota_bytes;
  batch.subaddress_mailboxes = account.subaddress_mailboxes;
  lane.batch.clear();
  lane.begun = steady_time();
  if (const auto jobs = lane.jobs.find(account.id); jobs != lane.jobs.end()) {
    batch.parcels = load(lane, jobs->second);
    if (jobs->second.empty()) {
      lane.jobs.erase(jobs);
      lane.resting.push_back({account.id, lane.begun + rest_});
    } else {
      lane.turns.push_back(account.id);
    }
  }
  lane.account = account.id;
  lane.busy = true;
  const std::string packet = to_packet(batch);
  // A pair of sockets holds one batch and one answer at a time.
  if (::send(lane.socket->number(), packet.data(), packet.size(),
             MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    throw_errno("batch for a delivery worker");
  }
}

std::vector<Job> Lanes::drop_next(std::size_t number) {
  Lane& lane = lanes_[number];
  const std::uint64_t account = lane.turns.front();
  lane.turns.pop_front();
  lane.probes.erase(account);
  std::vector<Job> dropped;
  const auto jobs = lane.jobs.find(account);
  if (jobs == lane.jobs.end()) return dropped;
  std::ranges::move(jobs->second, std::back_inserter(dropped));
  lane.jobs.erase(jobs);
  waiting_ -= dropped.size();
  return dropped;
}

std::vector<Job> Lanes::withdraw(const Messages& messages) {
  std::vector<Job> out;
  for (auto& lane : lanes_) {
    for (auto at = lane.jobs.begin(); at != lane.jobs.end();) {
      std::erase_if(at->second, [&](Job& job) {
        if (!messages.contains(job.message)) return false;
        out.push_back(std::move(job));
        return true;
      });
      // Its turn, with nothing left, is a probe.
      if (at->second.empty()) lane.probes.insert(at->first);
      at = at->second.empty() ? lane.jobs.erase(at) : std::next(at);
    }
  }
  waiting_ -= out.size();
  return out;
}

std::optional<Lanes::Answer> Lanes::receive(std::size_t number) {
  Lane& lane = lanes_[number];
  const ssize_t n = ::recv(lane.socket->number(), buffer_.data(),
                           buffer_.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (n <= 0) throw_errno("answer of a delivery worker");
  auto result = parse_result(
      std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)));
  if (!result) {
    log_error("bad-answer", {{"worker", number},
                             {"reason", result.error().why}});
    return {};
  }
  if (result->number == 0) lane.dead = false;
  // An answer to what was repeated since, or to a scheduler before us.
  if (!lane.busy || result->number != lane.number) return {};
  result->results.resize(lane.batch.size());
  lane.busy = false;
  observe(Metric::AttemptTime, steady_time() - lane.begun, "local");
  return Answer{lane.account, result->full, result->room,
                std::move(lane.batch), std::move(result->results)};
}

std::vector<Job> Lanes::died(std::size_t number) {
  Lane& lane = lanes_[number];
  lane.busy = false;
  lane.dead = true;
  return std::move(lane.batch);
}

}  // namespace mail::deliver
