#include "spool/queue_control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "base/fault.h"
#include "spool/fields.h"

namespace mail::spool {
namespace {

constexpr std::string_view kPage = "200";
constexpr std::size_t kIdsInQuestion = 500;
constexpr timeval kPatience{30, 0};

using Fields = std::vector<std::string>;

std::int64_t number(const std::string& field) {
  return static_cast<std::int64_t>(parse_number(field).value_or(0));
}

QueueMessage message_of(const Fields& f) {
  QueueMessage message;
  message.id = f[0];
  message.state = f[1];
  message.sender = f[2];
  message.account = static_cast<std::uint64_t>(number(f[3]));
  message.size = number(f[4]);
  message.arrived = number(f[5]);
  message.expires = number(f[6]);
  message.next_at = number(f[7]);
  message.recipients = number(f[8]);
  message.why = f[9];
  return message;
}

QueueRecipient recipient_of(const Fields& f) {
  QueueRecipient recipient;
  recipient.address = f[0];
  recipient.state = f[1];
  recipient.attempts = static_cast<int>(number(f[2]));
  recipient.next_at = number(f[3]);
  recipient.last = f[4];
  return recipient;
}

constexpr std::size_t kMessageFields = 10;
constexpr std::size_t kRecipientFields = 5;
constexpr std::size_t kStatusFields = 5;

Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Fault("socket path too long: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) throw_errno("socket");
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket.number(), SOL_SOCKET, which, &kPatience,
                 sizeof kPatience);
  }
  if (::connect(socket.number(), reinterpret_cast<sockaddr*>(&address),
                sizeof address) != 0) {
    throw_errno("queue-runner does not answer at " + path);
  }
  return socket;
}

}  // namespace

QueueClient::QueueClient(const std::string& socket_path)
    : socket_(connect_to(socket_path)) {}

Result<QueueClient::Rows> QueueClient::ask(const Fields& question) {
  const std::string packet = join_fields(question);
  if (::send(socket_.number(), packet.data(), packet.size(), MSG_NOSIGNAL) <
      0) {
    throw_errno("ask queue-runner");
  }
  std::string answer(kMaxQueuePacket, '\0');
  const auto got =
      ::recv(socket_.number(), answer.data(), answer.size(), MSG_TRUNC);
  if (got <= 0) throw_errno("answer of queue-runner");
  if (static_cast<std::size_t>(got) > answer.size()) {
    throw Fault("queue-runner's answer is too long");
  }
  answer.resize(static_cast<std::size_t>(got));
  auto rows = split_lines(answer);
  if (!rows) throw Fault("queue-runner's answer cannot be read");
  const Fields first = rows->front();
  if (first[0] == "no") return refuse(first.size() > 1 ? first[1] : "no");
  if (first[0] != "ok") throw Fault("queue-runner's answer cannot be read");
  rows->erase(rows->begin());
  return std::move(*rows);
}

Result<void> QueueClient::each(
    const QueueFilter& filter,
    const std::function<void(const QueueMessage&)>& use) {
  // The answer's last row says from where to go on; empty at the end.
  for (std::string after;;) {
    const auto rows = ask({"list", after, std::string(kPage), filter.state,
                           filter.sender, filter.recipient});
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      if (row.size() == kMessageFields) use(message_of(row));
    }
    if (rows->empty() || rows->back()[0].empty()) return {};
    if (rows->back().size() != 1) return refuse("an answer without an end");
    after = rows->back()[0];
  }
}

Result<QueueMessage> QueueClient::show(std::string_view id) {
  QueueMessage message;
  for (bool more = true; more;) {
    const auto rows =
        ask({"show", std::string(id), std::to_string(message.all.size())});
    if (!rows) return std::unexpected(rows.error());
    more = false;
    for (const auto& row : *rows) {
      if (row.size() == kMessageFields && message.all.empty()) {
        message = message_of(row);
      } else if (row.size() == kRecipientFields) {
        message.all.push_back(recipient_of(row));
        more = true;
      }
    }
  }
  return message;
}

Result<std::int64_t> QueueClient::change(std::string_view verb,
                                         const std::vector<std::string>& ids) {
  std::int64_t done = 0;
  for (std::size_t at = 0; at < ids.size(); at += kIdsInQuestion) {
    Fields question{std::string(verb)};
    const auto end = std::min(ids.size(), at + kIdsInQuestion);
    for (std::size_t i = at; i < end; ++i) question.push_back(ids[i]);
    const auto rows = ask(question);
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty()) done += number(rows->front()[0]);
  }
  return done;
}

Result<QueueStatus> QueueClient::status() {
  const auto rows = ask({"status"});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || rows->front().size() != kStatusFields) {
    return refuse("an answer that cannot be read");
  }
  const Fields& f = rows->front();
  return QueueStatus{number(f[0]), number(f[1]), number(f[2]), number(f[3]),
                     number(f[4])};
}

std::string to_line(const QueueMessage& m) {
  return join_fields(Fields{
      m.id, m.state, m.sender, std::to_string(m.account),
      std::to_string(m.size), std::to_string(m.arrived),
      std::to_string(m.expires), std::to_string(m.next_at),
      std::to_string(m.recipients), m.why});
}

std::string to_line(const QueueRecipient& r) {
  return join_fields(Fields{r.address, r.state, std::to_string(r.attempts),
                            std::to_string(r.next_at), r.last});
}

std::string to_line(const QueueStatus& s) {
  return join_fields(Fields{
      std::to_string(s.arriving), std::to_string(s.active),
      std::to_string(s.stored), std::to_string(s.delivered),
      std::to_string(s.bounced)});
}

}  // namespace mail::spool
