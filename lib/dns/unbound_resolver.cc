#include "dns/unbound_resolver.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/fault.h"
#include "base/fd.h"

namespace mail::dns {
namespace {

constexpr int kMostRecords = 100;
constexpr int kServerFailure = 2;
constexpr int kNameError = 3;

// The root zone's keys of 2017 and 2024 (IANA), for machines without the
// package dns-root-data.
constexpr const char* kRootKeysFile = "/usr/share/dns/root.key";
constexpr const char* kRootKeys[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC68345710423"
    "7C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A"
    "4C0FB2B16"};

struct ContextDeleter {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDeleter>;

struct ResultDeleter {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using UbResult = std::unique_ptr<ub_result, ResultDeleter>;

void check(int error, const char* doing) {
  if (error) throw Fault(std::string(doing) + ": " + ub_strerror(error));
}

void trust_the_root(ub_ctx* c) {
  if (access(kRootKeysFile, R_OK) == 0) {
    return check(ub_ctx_add_ta_file(c, kRootKeysFile), "dns: the root keys");
  }
  for (const char* key : kRootKeys) {
    check(ub_ctx_add_ta(c, key), "dns: the root keys");
  }
}

Context make_context(const std::vector<std::string>& servers,
                     UnboundResolver::Validation validation) {
  Context context(ub_ctx_create());
  if (!context) throw Fault("libunbound does not start");
  ub_ctx* c = context.get();
  ub_ctx_debuglevel(c, 0);
  ub_ctx_debugout(c, nullptr);
  check(ub_ctx_async(c, 1), "dns: threads");
  // Small caches: a mail server asks for few names, again and again.
  check(ub_ctx_set_option(c, "msg-cache-size:", "4m"), "dns: cache");
  check(ub_ctx_set_option(c, "rrset-cache-size:", "8m"), "dns: cache");
  check(ub_ctx_set_option(c, "cache-max-negative-ttl:", "300"), "dns: cache");
  check(ub_ctx_set_option(c, "do-not-query-localhost:", "no"), "dns: options");
  // Questions out at a time.  The library's own 16 are held by a few servers
  // that say nothing, and all others wait behind them.
  check(ub_ctx_set_option(c, "outgoing-range:", "512"), "dns: ports");
  check(ub_ctx_set_option(c, "num-queries-per-thread:", "1024"),
        "dns: questions");
  if (validation == UnboundResolver::Validation::Dnssec) trust_the_root(c);
  for (const std::string& server : servers) {
    check(ub_ctx_set_fwd(c, server.c_str()), "dns: a server's address");
  }
  // Makes the library read its files now rather than behind the cage.
  check(ub_ctx_zone_add(c, "invalid.", "static"), "dns: start");
  return context;
}

Answer<std::string> later(std::string why) {
  Answer<std::string> answer;
  answer.why = std::move(why);
  return answer;
}

Answer<std::string> to_answer(const ub_result& result) {
  if (result.bogus) {
    return later(std::string("not valid: ") +
                 (result.why_bogus ? result.why_bogus : "DNSSEC"));
  }
  if (result.rcode != 0 && result.rcode != kNameError) {
    return later(result.rcode == kServerFailure
                     ? "no server answered"
                     : "rcode " + std::to_string(result.rcode));
  }
  Answer<std::string> answer;
  answer.secure = result.secure;
  answer.no_such_name = result.nxdomain;
  answer.ttl = static_cast<std::uint32_t>(std::max(result.ttl, 0));
  for (int i = 0; result.data && result.data[i] && i < kMostRecords; ++i) {
    answer.records.emplace_back(result.data[i],
                                static_cast<std::size_t>(result.len[i]));
  }
  answer.outcome = answer.records.empty() ? Outcome::None : Outcome::Found;
  return answer;
}

}  // namespace

struct UnboundResolver::State {
  // A question that was asked; lives until its callback came, or will not.
  struct Question {
    State* state;
    std::uint64_t key;
    std::optional<Answer<std::string>> answer;
    bool abandoned = false;
  };

  Context context;
  std::chrono::milliseconds deadline{};
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Question> questions;
  std::uint64_t last_key = 0;
  Fd stop;
  std::thread dispatcher;

  static void done(void* data, int error, ub_result* raw) noexcept;
  void finish(Question& question, Answer<std::string> answer);
  void start();
  void dispatch();
};

void UnboundResolver::State::done(void* data, int error,
                                  ub_result* raw) noexcept {
  const UbResult result(raw);
  auto& question = *static_cast<Question*>(data);
  State& state = *question.state;
  Answer<std::string> answer =
      error || !result ? later(ub_strerror(error)) : to_answer(*result);
  const std::lock_guard lock(state.mutex);
  state.finish(question, std::move(answer));
}

void UnboundResolver::State::finish(Question& question,
                                    Answer<std::string> answer) {
  if (question.abandoned) {
    questions.erase(question.key);
    return;
  }
  question.answer = std::move(answer);
  changed.notify_all();
}

void UnboundResolver::State::start() {
  if (dispatcher.joinable()) return;
  stop = Fd(eventfd(0, EFD_CLOEXEC));
  if (!stop) throw_errno("eventfd");
  dispatcher = std::thread([this] { dispatch(); });
}

void UnboundResolver::State::dispatch() {
  pollfd files[2] = {{ub_fd(context.get()), POLLIN, 0},
                     {stop.number(), POLLIN, 0}};
  while (true) {
    poll(files, 2, -1);
    if (files[1].revents) return;
    if (files[0].revents) ub_process(context.get());
  }
}

UnboundResolver::UnboundResolver(const std::vector<std::string>& servers,
                                 std::chrono::milliseconds deadline)
    : UnboundResolver(servers, deadline, Validation::Dnssec) {}

UnboundResolver::UnboundResolver(const std::vector<std::string>& servers,
                                 std::chrono::milliseconds deadline,
                                 Validation validation)
    : state_(std::make_unique<State>()) {
  state_->context = make_context(servers, validation);
  state_->deadline = deadline;
}

UnboundResolver::~UnboundResolver() {
  if (!state_->dispatcher.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written =
      ::write(state_->stop.number(), &one, sizeof one);
  state_->dispatcher.join();
}

Answer<std::string> UnboundResolver::ask(std::string_view name, Type type) {
  const std::string canonical = canonical_name(name);
  if (canonical.empty()) {
    Answer<std::string> none;
    none.outcome = Outcome::None;
    none.no_such_name = true;
    return none;
  }
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.start();
  const std::uint64_t key = ++state.last_key;
  State::Question& question = state.questions[key];
  question.state = &state;
  question.key = key;
  int id = 0;
  const int error =
      ub_resolve_async(state.context.get(), canonical.c_str(),
                       static_cast<int>(type), 1, &question, State::done, &id);
  if (error) {
    state.questions.erase(key);
    return later(ub_strerror(error));
  }
  if (state.changed.wait_for(lock, state.deadline,
                             [&] { return question.answer.has_value(); })) {
    Answer<std::string> answer = std::move(*question.answer);
    state.questions.erase(key);
    return answer;
  }
  // When cancelling fails, the callback is on its way and tidies up.
  question.abandoned = true;
  if (ub_cancel(state.context.get(), id) == 0) state.questions.erase(key);
  return later("no answer in time");
}

}  // namespace mail::dns
