#include "deliver/control.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/ascii.h"
#include "base/attempt.h"
#include "base/fault.h"
#include "base/local_socket.h"
#include "base/log.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kMostClients = 100;
constexpr int kMostMessages = 200;  // in a page
// Of the answer; the rest is asked for with the next page.
constexpr std::size_t kRoom = spool::kMaxQueuePacket - (8 << 10);

std::string no(std::string why) {
  return spool::join_fields(Fields{"no", std::move(why)});
}

const std::string kOk = "ok\n";

std::string page_end(const std::string& id, std::size_t from) {
  return spool::join_fields(Fields{id, std::to_string(from)});
}

std::string active(const Fields& question, QueueKeeper& keeper) {
  if (question.size() != 3) return no("active wants AFTER and FROM");
  auto from =
      static_cast<std::size_t>(parse_number(question[2]).value_or(0));
  std::string id = from > 0 ? question[1] : keeper.next_in_hand(question[1]);
  std::string rows = kOk;
  for (int count = 1; !id.empty(); ++count) {
    const auto message = keeper.in_hand(id);
    const std::size_t end = message ? message->all.size() : 0;
    if (message) rows += to_line(*message);
    for (std::size_t i = from; i < end; ++i) {
      if (rows.size() > kRoom) return rows + page_end(id, i);
      rows += to_line(message->all[i]);
    }
    if (rows.size() > kRoom || count >= kMostMessages) {
      return rows + page_end(id, 0);
    }
    from = 0;
    id = keeper.next_in_hand(id);
  }
  return rows + page_end("", 0);
}

std::string change(const Fields& question, QueueKeeper& keeper) {
  const auto verb = spool::queue_verb(question[0]);
  if (!verb) return no("unknown question " + question[0]);
  std::vector<spool::QueueTarget> targets;
  for (std::size_t i = 1; i < question.size(); ++i) {
    auto target = spool::parse_target(question[i]);
    if (!target) return no(question[i] + " is no message");
    targets.push_back(std::move(*target));
  }
  const spool::QueueChange made = keeper.change(*verb, targets);
  return kOk + spool::join_fields(Fields{std::to_string(made.done),
                                         std::to_string(made.later)});
}

std::optional<spool::Suspension::Kind> kind_of(const std::string& word) {
  using Kind = spool::Suspension::Kind;
  for (const auto kind : {Kind::Domain, Kind::Site}) {
    if (spool::word(kind) == word) return kind;
  }
  return {};
}

std::string suspend(const Fields& question, QueueKeeper& keeper) {
  const auto kind = question.size() == 5 ? kind_of(question[1]) : std::nullopt;
  const auto until = kind ? parse_number(question[3]) : std::nullopt;
  if (!until || question[2].empty()) {
    return no("suspend wants KIND NAME UNTIL WHY");
  }
  keeper.suspend({*kind, question[2], static_cast<Micros>(*until),
                  question[4]});
  return kOk;
}

std::string resume(const Fields& question, QueueKeeper& keeper) {
  const auto kind = question.size() == 3 ? kind_of(question[1]) : std::nullopt;
  if (!kind) return no("resume wants KIND NAME");
  if (!keeper.resume(*kind, question[2])) {
    return no(question[2] + " is not suspended");
  }
  return kOk;
}

std::string status(const Fields&, QueueKeeper& keeper) {
  return kOk + to_line(keeper.status());
}

std::string sites(const Fields& question, QueueKeeper& keeper) {
  if (question.size() != 2) return no("sites wants AFTER");
  std::string rows = kOk;
  std::string last = question[1];
  while (const auto site = keeper.next_site(last)) {
    rows += to_line(*site);
    last = site->name;
    if (rows.size() > kRoom) return rows + spool::join_fields(Fields{last});
  }
  return rows + spool::join_fields(Fields{""});
}

std::string add_rule(const Fields& question, QueueKeeper& keeper) {
  const auto account =
      question.size() == 5 ? parse_number(question[3]) : std::nullopt;
  if (!account ||
      (question[1].empty() && question[2].empty() && *account == 0)) {
    return no("add-rule wants SENDER RECIPIENT ACCOUNT WHY, not all empty");
  }
  spool::HoldRule rule;
  rule.sender = question[1];
  rule.recipient = question[2];
  rule.account = *account;
  rule.why = question[4];
  rule.made = wall_time();
  const auto n = keeper.rules().add_rule(rule);
  if (!n) return no(n.error().why);
  return kOk + spool::join_fields(Fields{std::to_string(*n)});
}

std::string remove_rule(const Fields& question, QueueKeeper& keeper) {
  const auto n = question.size() == 2 ? parse_number(question[1])
                                      : std::nullopt;
  if (!n || *n > INT64_MAX) return no("remove-rule wants N");
  if (!keeper.rules().remove_rule(static_cast<std::int64_t>(*n))) {
    return no("there is no rule " + question[1]);
  }
  return kOk;
}

std::string suppress(const Fields& question, QueueKeeper& keeper) {
  const auto until = question.size() == 4 ? parse_number(question[2])
                                          : std::nullopt;
  if (!until || *until > INT64_MAX || !question[1].contains('@')) {
    return no("suppress wants ADDRESS UNTIL WHY");
  }
  const auto done = keeper.rules().suppress(
      {question[1], static_cast<Micros>(*until), question[3], wall_time()});
  return done ? kOk : no(done.error().why);
}

std::string unsuppress(const Fields& question, QueueKeeper& keeper) {
  if (question.size() != 2) return no("unsuppress wants ADDRESS");
  if (!keeper.rules().unsuppress(question[1])) {
    return no(question[1] + " is not suppressed");
  }
  return kOk;
}

struct Question {
  std::string_view word;
  std::string (*answer)(const Fields& question, QueueKeeper& keeper);
};
constexpr Question kQuestions[] = {
    {"active", active},         {"suspend", suspend},
    {"resume", resume},         {"add-rule", add_rule},
    {"remove-rule", remove_rule}, {"suppress", suppress},
    {"unsuppress", unsuppress}, {"status", status},
    {"sites", sites},
};

void watch(const Fd& epoll, int number) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = number;
  if (::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, number, &event) != 0) {
    throw_errno("epoll_ctl");
  }
}

}  // namespace

std::string answer(std::string_view question, QueueKeeper& keeper) {
  const auto lines = spool::split_lines(question);
  if (!lines || lines->size() != 1) return no("a question is one line");
  const Fields& fields = lines->front();
  std::string text;
  const auto* found =
      std::ranges::find(kQuestions, fields[0], &Question::word);
  const auto done = attempt([&] {
    text = found == std::end(kQuestions) ? change(fields, keeper)
                                         : found->answer(fields, keeper);
  });
  return done ? text : no(done.error().why);
}

std::set<uid_t> administrators(const std::string& credentials_db) {
  struct stat file {};
  const bool ours = ::stat(credentials_db.c_str(), &file) == 0 &&
                    file.st_uid == ::geteuid();
  return ours ? std::set<uid_t>{0, file.st_uid} : std::set<uid_t>{0};
}

Control::Control(const std::string& path, std::set<uid_t> admitted)
    : listener_(listen_local(
          path, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0600)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      admitted_(std::move(admitted)),
      buffer_(spool::kMaxQueuePacket, '\0') {
  if (!epoll_) throw_errno("epoll_create1");
  watch(epoll_, listener_.number());
}

bool Control::welcome(const Fd& client) const {
  const auto peer = peer_of(client);
  if (peer && admitted_.contains(peer->uid)) return true;
  if (peer) log_warn("local-refused", {{"uid", peer->uid}, {"pid", peer->pid}});
  return false;
}

void Control::accept_all() {
  while (true) {
    Fd client(::accept4(listener_.number(), nullptr, nullptr,
                        SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    if (!welcome(client) || clients_.size() >= kMostClients) continue;
    const int number = client.number();
    watch(epoll_, number);
    clients_[number] = std::move(client);
  }
}

void Control::serve(QueueKeeper& keeper) {
  std::array<epoll_event, 8> events;
  const int count = ::epoll_wait(epoll_.number(), events.data(),
                                 static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int number = events[static_cast<std::size_t>(i)].data.fd;
    if (number == listener_.number()) {
      accept_all();
      continue;
    }
    const auto client = clients_.find(number);
    if (client == clients_.end()) continue;
    if (!serve_client(client->second, keeper)) clients_.erase(client);
  }
}

bool Control::serve_client(const Fd& client, QueueKeeper& keeper) {
  const ssize_t n = ::recv(client.number(), buffer_.data(), buffer_.size(), 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  const std::string text = answer(
      std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)),
      keeper);
  return ::send(client.number(), text.data(), text.size(), MSG_NOSIGNAL) >= 0;
}

}  // namespace mail::deliver
