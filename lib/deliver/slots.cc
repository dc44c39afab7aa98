#include "deliver/slots.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/blame.h"
#include "mime/message_file.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kMostWaiting = 16;  // the scheduler sends one at a time

relay::Transaction transaction_of(Errand& errand) {
  relay::Transaction transaction;
  transaction.length = errand.length;
  transaction.prefix = std::move(errand.prefix);
  transaction.sender = std::move(errand.sender);
  transaction.ret = std::move(errand.ret);
  transaction.envid = std::move(errand.envid);
  transaction.smtputf8 = errand.smtputf8;
  transaction.has_8bit = errand.has_8bit;
  transaction.has_leading_dot = errand.has_leading_dot;
  transaction.require_tls = errand.require_tls;
  transaction.recipients = std::move(errand.recipients);
  return transaction;
}

// Why a message cannot leave.
struct Flaw {
  bool damaged = false;  // it is not what was committed; else it can't be read
  std::string why;
};

// Looks at all of the file, before its first octet leaves.
std::optional<Flaw> flaw_of(const Errand& errand, const Fd& file) {
  if (!errand.verify) return {};
  bool whole = false;
  const auto read = attempt([&] {
    const auto footer = mime::read_footer(file);
    whole = footer && footer->message_length == errand.length &&
            mime::verify(file, *footer);
  });
  if (!read) return Flaw{false, read.error().why};
  if (whole) return {};
  return Flaw{true, "the message does not match its checksum"};
}

}  // namespace

class Slots::Slot {
 public:
  Slot(Slots& slots, std::uint32_t number)
      : slots_(slots),
        number_(number),
        client_(slots.options_.tools, [this] { return enter(); }),
        thread_([this] { work(); }) {}
  ~Slot() { stop(); }

  // Behind the errand in hand.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

  // Nothing comes of it any more: the scheduler has forgotten its number.
  bool retired() {
    const std::lock_guard lock(mutex_);
    return retired_;
  }

  enum class Given { Yes, TooMany, Retired };
  Given give(Order& order) {
    const std::lock_guard lock(mutex_);
    if (retired_) return Given::Retired;
    if (orders_.size() >= kMostWaiting) return Given::TooMany;
    orders_.push_back(std::move(order));
    changed_.notify_one();
    return Given::Yes;
  }

 private:
  bool enter() {
    going_ = going_ || slots_.enter();
    return going_;
  }

  std::chrono::milliseconds patience() const {
    return client_.hop().kind == Hop::Kind::Host ? slots_.options_.idle_relay
                                                 : slots_.options_.idle;
  }

  // Until the connection is closed and the scheduler has been told so.
  void work() {
    const SignalStack stack;
    std::unique_lock lock(mutex_);
    const auto told = [this] { return stopping_ || !orders_.empty(); };
    changed_.wait(lock, told);
    while (!stopping_ && (client_.open() || !orders_.empty())) {
      if (changed_.wait_for(lock, patience(), told)) {
        if (!stopping_) next(lock);
        continue;
      }
      lock.unlock();
      client_.close();
      slots_.options_.tell(Closed{number_});
      lock.lock();
    }
    retired_ = true;
    slots_.told_end();
  }

  void next(std::unique_lock<std::mutex>& lock) {
    Order order = std::move(orders_.front());
    orders_.pop_front();
    lock.unlock();
    run(order);
    lock.lock();
  }

  void run(Order& order) {
    Report report;
    report.number = order.errand.number;
    report.slot = number_;
    {
      const InHand in_hand(order.errand.id);
      if (const auto flaw = flaw_of(order.errand, order.file)) {
        return refuse(order, *flaw, std::move(report));
      }
      carry(order);
    }
    const Options& limits = slots_.options_;
    const bool worn = client_.carried() >= limits.most_messages ||
                      steady_time() - client_.opened_at() >= limits.longest;
    const relay::Result& result = client_.result();
    report.site = result.site;
    report.why = result.why;
    report.open = client_.open() && !worn;
    report.visits = result.visits;
    report.verdicts = result.verdicts;
    slots_.options_.tell(report);
    if (std::exchange(going_, false)) slots_.leave();
    order.file.close();
    if (!report.open) client_.close();
  }

  void refuse(const Order& order, const Flaw& flaw, Report report) {
    log_error("errand-failed", {{"id", order.errand.id}, {"reason", flaw.why}});
    report.open = client_.open();
    report.damaged = flaw.damaged;
    report.verdicts.assign(
        order.errand.recipients.size(),
        relay::trouble(Verdict::Outcome::Temporary, "4.3.0", flaw.why));
    slots_.options_.tell(report);
  }

  void carry(Order& order) {
    Errand& errand = order.errand;
    const auto transaction = transaction_of(errand);
    const auto done = attempt([&] {
      client_.carry({errand.hop, errand.hosts, errand.secure, transaction,
                     order.file});
    });
    if (done) return;
    log_error("errand-failed",
              {{"id", errand.id}, {"reason", done.error().why}});
    client_.give_up(done.error().why);
  }

  Slots& slots_;
  const std::uint32_t number_;
  relay::Client client_;
  bool going_ = false;           // of the errand in hand; the thread's own
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Order> orders_;
  bool stopping_ = false;
  bool retired_ = false;
  Thread thread_;                // last: it uses all of the above
};

Slots::Slots(Options options)
    : options_(std::move(options)),
      ended_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!ended_) throw_errno("eventfd");
}

Slots::~Slots() {
  for (const auto& [number, slot] : slots_) slot->stop();
  slots_.clear();
}

bool Slots::enter() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  ++going_;
  return true;
}

void Slots::leave() {
  const std::lock_guard lock(mutex_);
  --going_;
  changed_.notify_all();
}

Slots::Head Slots::head_of(const Errand& errand) {
  return {errand.number, errand.slot, errand.recipients.size()};
}

void Slots::refuse(const Head& head, std::string_view why) const {
  Report report;
  report.number = head.number;
  report.slot = head.slot;
  report.verdicts.assign(
      head.recipients,
      relay::trouble(Verdict::Outcome::Temporary, "4.3.2", why));
  options_.tell(report);
}

// Its thread is about to end: whoever waits for room may look.
void Slots::told_end() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(ended_.number(), &one, sizeof one);
}

void Slots::give(Errand errand, Fd file) {
  const Head head = head_of(errand);
  if (!file) return refuse(head, "no file came along");
  Order order{std::move(errand), std::move(file)};
  if (has_room(head.slot)) return begin(std::move(order));
  // The scheduler has no more of them out: for each here one has ended.
  if (waiting_.size() >= options_.most) {
    return refuse(head, "too many connections");
  }
  waiting_.push_back(std::move(order));
  go_on();  // one may have ended just now
}

void Slots::go_on() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n =
      ::read(ended_.number(), &count, sizeof count);
  std::erase_if(slots_, [](const auto& one) { return one.second->retired(); });
  while (!waiting_.empty() && has_room(waiting_.front().errand.slot)) {
    Order order = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(order));
  }
}

// For one more, or for one that has ended and begins anew.
bool Slots::has_room(std::uint32_t slot) const {
  return slots_.size() < options_.most || slots_.contains(slot);
}

void Slots::begin(Order order) {
  using Given = Slot::Given;
  const Head head = head_of(order.errand);
  auto found = slots_.find(head.slot);
  Given given =
      found == slots_.end() ? Given::Retired : found->second->give(order);
  if (given == Given::Retired) {
    if (found != slots_.end()) slots_.erase(found);
    std::unique_ptr<Slot> slot;
    const auto made =
        attempt([&] { slot = std::make_unique<Slot>(*this, head.slot); });
    if (!made) return refuse(head, made.error().why);
    found = slots_.emplace(head.slot, std::move(slot)).first;
    given = found->second->give(order);
  }
  if (given == Given::TooMany) refuse(head, "the connection is busy");
}

bool Slots::finish(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  return changed_.wait_for(lock, time, [this] { return going_ == 0; });
}

}  // namespace mail::deliver
