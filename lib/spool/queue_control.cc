#include "spool/queue_control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/local_socket.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace mail::spool {
namespace {

constexpr std::size_t kMostTargets = 200;   // in a question
constexpr std::size_t kMostRecipients = 2000;  // of all of them
// For a scheduler that begins anew to be there again.
constexpr Micros kRenewal = 5 * kSecond;
constexpr std::chrono::milliseconds kPause{100};
constexpr int kMostTimes = 4;  // that one question is asked
constexpr const char* kHangs = "queue-runner does not answer";
constexpr const char* kNotKnown =
    "queue-runner has not answered: whether it was done is not known; look, "
    "and say it again if it was not";
constexpr const char* kTurnedAway =
    "queue-runner does not answer us: it begins anew just now, or takes orders "
    "from root alone, or the user of a private instance";

using Fields = std::vector<std::string>;

std::int64_t number(const std::string& field) {
  return static_cast<std::int64_t>(parse_number(field).value_or(0));
}

constexpr std::size_t kMessageFields = 8;
constexpr std::size_t kRecipientFields = 7;
constexpr std::size_t kStatusFields = 3;
constexpr std::size_t kSiteFields = 8;

QueueMessage message_of(const Fields& f) {
  QueueMessage message;
  message.id = f[0];
  message.state = f[1];
  message.sender = f[2];
  message.account = static_cast<std::uint64_t>(number(f[3]));
  message.size = number(f[4]);
  message.arrived = number(f[5]);
  message.expires = number(f[6]);
  message.stored = f[7] == "stored";
  return message;
}

QueueRecipient recipient_of(const Fields& f) {
  QueueRecipient recipient;
  recipient.address = f[0];
  recipient.state = f[1];
  recipient.attempts = static_cast<int>(number(f[2]));
  recipient.next_at = number(f[3]);
  recipient.last = f[4];
  recipient.n = static_cast<int>(number(f[5]));
  recipient.site = f[6];
  return recipient;
}

SiteRow site_of(const Fields& f) {
  SiteRow site;
  site.name = f[0];
  site.window = number(f[1]);
  site.deaths = static_cast<int>(number(f[2]));
  site.dead_until = number(f[3]);
  site.hosts = f[4];
  site.why = f[5];
  site.seen = number(f[6]);
  site.failures = static_cast<int>(number(f[7]));
  return site;
}

// Nothing, with errno, when nobody answers; never waits.
Fd connect_to(const std::string& path) {
  return connect_local(path, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

Result<std::vector<Fields>> rows_of(const std::string& answer) {
  auto rows = split_lines(answer);
  if (!rows) throw Fault("queue-runner's answer cannot be read");
  const Fields first = rows->front();
  if (first[0] == "no") return refuse(first.size() > 1 ? first[1] : "no");
  if (first[0] != "ok") throw Fault("queue-runner's answer cannot be read");
  rows->erase(rows->begin());
  return std::move(*rows);
}

// Of an order for many, of which this one was not the first question.
std::string said_before(const QueueChange& change) {
  const auto all = change.done + change.later;
  return all == 0 ? "" : "; " + std::to_string(all) + " were changed before";
}

Fd connect_or_throw(const std::string& path) {
  Fd socket = connect_to(path);
  if (!socket) throw_errno("queue-runner does not answer at " + path);
  return socket;
}

}  // namespace

QueueClient::QueueClient(const std::string& socket_path)
    : QueueClient(connect_or_throw(socket_path)) {
  path_ = socket_path;
}

QueueClient::QueueClient(Fd connected) { use(std::move(connected)); }

void QueueClient::use(Fd connected) {
  socket_ = std::move(connected);
  const int flags = ::fcntl(socket_.number(), F_GETFL);
  ::fcntl(socket_.number(), F_SETFL, flags & ~O_NONBLOCK);
  wait_at_most(patience_);
}

void QueueClient::wait_at_most(Micros time) {
  patience_ = time;
  const timeval patience{time / kSecond, time % kSecond};
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket_.number(), SOL_SOCKET, which, &patience,
                 sizeof patience);
  }
}

std::optional<QueueClient> QueueClient::reach(const std::string& socket_path) {
  Fd socket = connect_to(socket_path);
  if (!socket) return {};
  QueueClient client(std::move(socket));
  client.come_back_to(socket_path);
  return client;
}

// What the peer closed with our question unread is told as a reset.
QueueClient::Heard QueueClient::exchange(const std::string& question,
                                         std::string& answer) {
  ssize_t n = 0;
  do {
    n = ::send(socket_.number(), question.data(), question.size(),
               MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  hangs_ = n < 0 && errno == EAGAIN;
  if (hangs_ || (n < 0 && (errno == EPIPE || errno == ECONNRESET))) {
    return Heard::Unread;
  }
  if (n < 0) throw_errno("ask queue-runner");
  answer.resize(kMaxQueuePacket);
  do {
    n = ::recv(socket_.number(), answer.data(), answer.size(), MSG_TRUNC);
  } while (n < 0 && errno == EINTR);  // stopped, and continued
  if (n < 0 && errno == ECONNRESET) return Heard::Unread;
  hangs_ = n < 0 && errno == EAGAIN;
  if (n < 0 && !hangs_) throw_errno("answer of queue-runner");
  if (n <= 0) return Heard::Silence;
  if (static_cast<std::size_t>(n) > answer.size()) {
    throw Fault("queue-runner's answer is too long");
  }
  answer.resize(static_cast<std::size_t>(n));
  return Heard::Answer;
}

bool QueueClient::reconnect() {
  if (path_.empty()) return false;
  const Micros end = steady_time() + kRenewal;
  do {
    std::this_thread::sleep_for(kPause);
    if (Fd again = connect_to(path_)) {
      use(std::move(again));
      return true;
    }
  } while (steady_time() < end);
  return false;
}

Result<std::string> QueueClient::answer_to(const Fields& question, Kind kind) {
  const std::string packet = join_fields(question);
  std::string answer;
  if (hangs_) return refuse(kHangs);  // what it says now is late
  for (int times = 1;; ++times) {
    const Heard heard = exchange(packet, answer);
    if (heard == Heard::Answer) return answer;
    if (heard == Heard::Silence && kind == Kind::Change) {
      return refuse(kNotKnown);
    }
    if (hangs_) return refuse(kHangs);
    if (times == kMostTimes || !reconnect()) {
      return refuse(kTurnedAway);
    }
  }
}

Result<QueueClient::Rows> QueueClient::ask(const Fields& question) {
  const auto answer = answer_to(question, Kind::Change);
  if (!answer) throw Fault(answer.error().why);
  return rows_of(*answer);
}

Result<QueueClient::Rows> QueueClient::inquire(const Fields& question) {
  const auto answer = answer_to(question, Kind::Look);
  if (!answer) return std::unexpected(answer.error());
  return rows_of(*answer);
}

Result<void> QueueClient::each_active(
    const std::function<void(QueueMessage)>& use) {
  // The answer's last row says from where to go on: behind a message, or in
  // the middle of its recipients; an empty one is the end.
  std::optional<QueueMessage> message;
  for (Fields next{"", "0"};;) {
    const auto rows = inquire({"active", next[0], next[1]});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty() || rows->back().size() != 2) {
      throw Fault("queue-runner's answer cannot be read");
    }
    for (const auto& row : *rows) {
      if (row.size() == kRecipientFields && message) {
        message->all.push_back(recipient_of(row));
      } else if (row.size() == kMessageFields &&
                 !(message && message->id == row[0])) {
        if (message) use(std::move(*message));
        message = message_of(row);
      }
    }
    next = rows->back();
    if (next[0].empty()) break;
  }
  if (message) use(std::move(*message));
  return {};
}

Result<void> QueueClient::tell(const Fields& question) {
  const auto rows = ask(question);
  if (!rows) return std::unexpected(rows.error());
  return {};
}

Result<QueueChange> QueueClient::change(
    QueueVerb verb, const std::vector<QueueTarget>& targets) {
  QueueChange change;
  for (auto next = targets.begin(); next != targets.end();) {
    Fields question{std::string(word(verb))};
    for (std::size_t recipients = 0;
         next != targets.end() && question.size() <= kMostTargets &&
         recipients <= kMostRecipients;
         ++next) {
      question.push_back(to_field(*next));
      recipients += next->recipients.size();
    }
    const auto answer = answer_to(question, Kind::Change);
    if (!answer) throw Fault(answer.error().why + said_before(change));
    const auto rows = rows_of(*answer);
    if (!rows) return refuse(rows.error().why + said_before(change));
    if (rows->empty() || rows->front().size() != 2) {
      return refuse("an answer that cannot be read");
    }
    change.done += number(rows->front()[0]);
    change.later += number(rows->front()[1]);
  }
  return change;
}

Result<void> QueueClient::suspend(const Suspension& suspension) {
  return tell({"suspend", std::string(word(suspension.kind)), suspension.name,
               std::to_string(suspension.until), suspension.why});
}

Result<void> QueueClient::resume(Suspension::Kind kind,
                                 std::string_view name) {
  return tell({"resume", std::string(word(kind)), std::string(name)});
}

Result<std::int64_t> QueueClient::add_rule(const HoldRule& rule) {
  const auto rows = ask({"add-rule", rule.sender, rule.recipient,
                         std::to_string(rule.account), rule.why});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return refuse("an answer that cannot be read");
  return number(rows->front()[0]);
}

Result<void> QueueClient::remove_rule(std::int64_t n) {
  return tell({"remove-rule", std::to_string(n)});
}

Result<void> QueueClient::suppress(const Suppression& suppression) {
  return tell({"suppress", suppression.address,
               std::to_string(suppression.until), suppression.why});
}

Result<void> QueueClient::unsuppress(std::string_view address) {
  return tell({"unsuppress", std::string(address)});
}

Result<QueueStatus> QueueClient::status() {
  const auto rows = inquire({"status"});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || rows->front().size() != kStatusFields) {
    return refuse("an answer that cannot be read");
  }
  const Fields& f = rows->front();
  return QueueStatus{number(f[0]), number(f[1]), number(f[2])};
}

// The answer's last row is the name to go on behind; empty at the end.
Result<std::vector<SiteRow>> QueueClient::sites() {
  std::vector<SiteRow> sites;
  for (Fields next{""};;) {
    auto rows = inquire({"sites", next[0]});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty() || rows->back().size() != 1) {
      return refuse("an answer that cannot be read");
    }
    next = rows->back();
    for (auto& row : *rows) {
      if (row.size() == kSiteFields) sites.push_back(site_of(row));
    }
    if (next[0].empty()) return sites;
  }
}

std::string_view word(QueueVerb verb) {
  switch (verb) {
    case QueueVerb::Retry: return "retry";
    case QueueVerb::Hold: return "hold";
    case QueueVerb::Release: return "release";
    case QueueVerb::Expire: return "expire";
    case QueueVerb::Bounce: return "bounce";
    case QueueVerb::Delete: return "delete";
  }
  return "";
}

std::optional<QueueVerb> queue_verb(std::string_view text) {
  for (const auto verb : {QueueVerb::Retry, QueueVerb::Hold,
                          QueueVerb::Release, QueueVerb::Expire,
                          QueueVerb::Bounce, QueueVerb::Delete}) {
    if (word(verb) == text) return verb;
  }
  return {};
}

std::string to_field(const QueueTarget& target) {
  std::string field = target.id;
  for (const int n : target.recipients) field += " " + std::to_string(n);
  return field;
}

std::optional<QueueTarget> parse_target(std::string_view field) {
  QueueTarget target;
  target.id = field.substr(0, field.find(' '));
  if (!is_id(target.id)) return {};
  field.remove_prefix(target.id.size());
  while (!field.empty()) {
    field.remove_prefix(1);
    const std::string_view word = field.substr(0, field.find(' '));
    const auto n = parse_number(word);
    if (!n || *n > INT32_MAX) return {};
    target.recipients.push_back(static_cast<int>(*n));
    field.remove_prefix(word.size());
  }
  return target;
}

std::string to_line(const QueueMessage& m) {
  return join_fields(Fields{m.id, m.state, m.sender,
                            std::to_string(m.account), std::to_string(m.size),
                            std::to_string(m.arrived),
                            std::to_string(m.expires),
                            m.stored ? "stored" : "new"});
}

std::string to_line(const QueueRecipient& r) {
  return join_fields(Fields{r.address, r.state, std::to_string(r.attempts),
                            std::to_string(r.next_at), r.last,
                            std::to_string(r.n), r.site});
}

std::string to_line(const SiteRow& s) {
  return join_fields(Fields{
      s.name, std::to_string(s.window), std::to_string(s.deaths),
      std::to_string(s.dead_until), s.hosts, s.why, std::to_string(s.seen),
      std::to_string(s.failures)});
}

std::string to_line(const QueueStatus& s) {
  return join_fields(Fields{std::to_string(s.arriving),
                            std::to_string(s.active),
                            std::to_string(s.stored)});
}

}  // namespace mail::spool
