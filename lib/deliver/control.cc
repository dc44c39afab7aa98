#include "deliver/control.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/attempt.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kMostClients = 20;
constexpr int kMostRows = 100;
// Of the answer; the rest is asked for with the next page.
constexpr std::size_t kRoom = spool::kMaxQueuePacket - (8 << 10);

std::string no(std::string why) {
  return spool::join_fields(Fields{"no", std::move(why)});
}

const std::string kOk = "ok\n";

std::string list(const Fields& question, QueueKeeper& keeper) {
  if (question.size() != 6) return no("list wants AFTER LIMIT and a filter");
  const auto limit = std::min<std::uint64_t>(
      parse_number(question[2]).value_or(kMostRows), kMostRows);
  const auto messages =
      keeper.list(question[1], static_cast<int>(limit),
                  {question[3], question[4], question[5]});
  std::string rows = kOk;
  std::string last;
  for (const auto& message : messages) {
    if (rows.size() > kRoom) break;
    rows += to_line(message);
    last = message.id;
  }
  return rows + spool::join_fields(Fields{last});
}

std::string show(const Fields& question, QueueKeeper& keeper) {
  if (question.size() != 3) return no("show wants ID FROM");
  const auto from =
      static_cast<std::int64_t>(parse_number(question[2]).value_or(0));
  const auto message = keeper.show(question[1], from, kMostRows);
  if (!message) return no("no such message in the queue");
  std::string rows = kOk + to_line(*message);
  for (const auto& recipient : message->all) {
    if (rows.size() > kRoom) break;
    rows += to_line(recipient);
  }
  return rows;
}

std::string change(const Fields& question, QueueKeeper& keeper) {
  using Verb = bool (QueueKeeper::*)(const std::string&);
  const std::map<std::string, Verb> kVerbs = {
      {"retry", &QueueKeeper::retry},
      {"hold", &QueueKeeper::hold},
      {"release", &QueueKeeper::release},
      {"delete", &QueueKeeper::remove}};
  const auto verb = kVerbs.find(question[0]);
  if (verb == kVerbs.end()) return no("unknown question " + question[0]);
  std::int64_t done = 0;
  for (std::size_t i = 1; i < question.size(); ++i) {
    if (!spool::is_id(question[i])) return no(question[i] + " is no id");
    if ((keeper.*verb->second)(question[i])) ++done;
  }
  return kOk + spool::join_fields(Fields{std::to_string(done)});
}

Fd listen_on(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) throw Fault(path + ": too long");
  std::memcpy(name.sun_path, path.data(), path.size());
  Fd socket(
      ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw_errno("socket");
  ::unlink(path.c_str());
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&name),
             sizeof name) != 0) {
    throw_errno("bind " + path);
  }
  if (::chmod(path.c_str(), 0600) != 0) throw_errno("chmod " + path);
  if (::listen(socket.number(), 16) != 0) throw_errno("listen " + path);
  return socket;
}

bool welcome(const Fd& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &who, &size)) {
    return false;
  }
  return who.uid == 0 || who.uid == ::geteuid();
}

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
  const auto done = attempt([&] {
    if (fields[0] == "list") {
      text = list(fields, keeper);
    } else if (fields[0] == "show") {
      text = show(fields, keeper);
    } else if (fields[0] == "status") {
      text = kOk + to_line(keeper.status());
    } else {
      text = change(fields, keeper);
    }
  });
  return done ? text : no(done.error().why);
}

Control::Control(const std::string& path)
    : listener_(listen_on(path)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(spool::kMaxQueuePacket, '\0') {
  if (!epoll_) throw_errno("epoll_create1");
  watch(epoll_, listener_.number());
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
