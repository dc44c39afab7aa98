#include "relay/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "base/metrics.h"
#include "relay/fit.h"
#include "relay/hosts.h"

namespace mail::relay {
namespace {

using Outcome = Verdict::Outcome;

// Of one errand: hosts may be many, and each may be slow.
constexpr int kMostConnections = 12;
constexpr int kMostSessions = 4;
// Who has put a recipient off thrice is not asked by way of a fourth.
constexpr std::size_t kMostDeferrals = 3;

bool is_address(const std::string& name) { return is_host_address(name); }

std::string place(const Endpoint& endpoint) {
  const std::string name =
      endpoint.host.empty() ? "" : endpoint.host + " ";
  return name + "[" + endpoint.address + "]:" + std::to_string(endpoint.port);
}

Transaction part_of(const Transaction& whole,
                    const std::vector<std::size_t>& numbers) {
  Transaction part = whole;
  part.recipients.clear();
  for (const auto i : numbers) part.recipients.push_back(whole.recipients[i]);
  return part;
}

// A refusal that is none of the mail.
Verdict ours_to_mend(Verdict verdict) {
  verdict.outcome = Outcome::Temporary;
  verdict.enhanced.front() = '4';
  verdict.answered = false;
  return verdict;
}

// Whether the way follows from the address itself.  If not, somebody here has
// written it, and what is wrong with it is no reason to send mail back.
bool leads_by_itself(const Journey& journey) {
  const auto& recipients = journey.transaction.recipients;
  if (journey.hop.kind != Hop::Kind::Mx || recipients.empty()) return false;
  const std::string& address = recipients.front().address;
  return same_text(address.substr(address.rfind('@') + 1), journey.hop.name);
}

// Why those were not decided on whom the connection ended: what a server said
// of others is none of theirs.
Verdict reason_of(const Session& session, bool of_us) {
  if (of_us || !session.turned_away()) return session.why();
  return trouble(Outcome::Temporary, "4.4.2",
                 "the server ended the connection after its answer to "
                 "another recipient");
}

// RFC 4954 6 and 4: "Authentication required" and its like, and what servers
// say instead to MAIL.  With what a relay host wants of us it is as with its
// passwords: no reason to send mail back.
bool wants_login(const Verdict& verdict) {
  constexpr std::array kWords{503, 530, 534, 535, 538};
  return verdict.answered && verdict.outcome == Outcome::Permanent &&
         std::ranges::count(kWords, verdict.code) > 0;
}

// RFC 3207 4: "Must issue a STARTTLS command first".
bool wants_tls(const Verdict& verdict) {
  return verdict.answered && verdict.outcome == Outcome::Permanent &&
         (verdict.code == 530 || verdict.enhanced == "5.7.10");
}

bool is_about_tls(const Verdict& verdict) {
  return verdict.enhanced == "4.7.4" || verdict.enhanced == "4.7.5";
}

// RFC 8689 4.2.1: another host may keep what this one cannot.
bool wants_another_host(const std::optional<Verdict>& verdict) {
  return verdict && verdict->code == 0 &&
         (verdict->enhanced == "5.7.10" || verdict->enhanced == "5.7.30");
}

}  // namespace

// What is known while hosts are tried.
struct Client::Search {
  int connections = 0;
  int sessions = 0;
  std::vector<std::string> deferrals;  // addresses that put recipients off
  bool moves_on = false;          // the one in hand has, and others are left
  std::size_t left = 0;           // hosts behind the one in hand
  Micros end = 0;                 // of steady_time(): no new host after it
  bool stop = false;
  bool busy = false;
  bool barred = false;
  bool talked = false;
  std::optional<Verdict> reason;  // why there is no verdict

  // Any hope counts more than a refusal.
  void note(Verdict verdict) {
    const bool better = reason && reason->outcome == Outcome::Permanent &&
                        verdict.outcome == Outcome::Temporary;
    if (!reason || better) reason = std::move(verdict);
  }
  bool may_go_on() const {
    return !stop && connections < kMostConnections &&
           sessions < kMostSessions && steady_time() < end;
  }
};

Client::~Client() = default;

std::vector<std::size_t> Client::undecided() const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    if (!verdicts_[i]) numbers.push_back(i);
  }
  return numbers;
}

bool Client::fits(const Journey& journey) const {
  return open() && journey.hop == hop_ && journey.hosts == hosts_ &&
         (proved_ || !must_stay_secret(journey.transaction));
}

void Client::begin(const Journey& journey) {
  result_ = {};
  heard_ = false;
  verdicts_.assign(journey.transaction.recipients.size(), std::nullopt);
  put_off_ = verdicts_;
}

void Client::carry(const Journey& journey) {
  begin(journey);
  Search next;
  std::string asked;
  if (fits(journey)) {
    Search known;
    const bool by_mx = journey.hop.kind == Hop::Kind::Mx;
    known.left = by_mx ? journey.hosts.size() - 1 : 0;
    arrive(channel_->endpoint());
    use(journey, known);
    if (undecided().empty()) return settle(known);
    if (known.moves_on) asked = result_.visits.back().host;
    next.deferrals = std::move(known.deferrals);
  }
  close();
  search(journey, next, asked);
}

void Client::search(const Journey& journey, Search& search,
                    const std::string& asked) {
  search.end = steady_time() +
               2 * tools_.deadlines.command.count() * kMillisecond;
  const bool by_mx = journey.hop.kind == Hop::Kind::Mx;
  if (by_mx && !journey.secure && must_stay_secret(journey.transaction)) {
    search.note({Outcome::Permanent, 0, "5.7.10",
                 "REQUIRETLS: the domain's MX are not proved by DNSSEC"});
    search.stop = true;
    search.talked = true;
  }
  auto hosts = by_mx ? in_order(journey.hosts)
                     : std::vector<std::string>{journey.hop.name};
  std::erase(hosts, asked);
  search.left = hosts.size();
  for (const std::string& host : hosts) {
    if (undecided().empty() || !search.may_go_on()) break;
    --search.left;
    search.moves_on = false;
    try_host(journey, host, search);
  }
  if (search.reason && must_stay_secret(journey.transaction) &&
      is_about_tls(*search.reason)) {
    search.reason->outcome = Outcome::Permanent;
    search.reason->enhanced = "5.7.10";
  }
  settle(search);
}

void Client::try_host(const Journey& journey, const std::string& host,
                      Search& search) {
  Addresses addresses;
  const bool literal = is_address(host);
  if (literal) {
    addresses.all = {host};
  } else {
    addresses = find_addresses(tools_.resolver, host);
  }
  if (addresses.all.empty()) {
    const bool final = !addresses.later && leads_by_itself(journey);
    search.note(trouble(final ? Outcome::Permanent : Outcome::Temporary,
                        final             ? "5.4.4"
                        : addresses.later ? "4.4.3"
                                          : "4.4.4",
                        host + ": " + addresses.why));
  }
  for (const std::string& address : addresses.all) {
    const bool over = undecided().empty() || search.moves_on;
    if (over || !search.may_go_on()) return;
    // Another name of the same.
    if (std::ranges::count(search.deferrals, address) > 0) continue;
    try_address(journey, {address, journey.hop.port, literal ? "" : host},
                search);
  }
}

void Client::try_address(const Journey& journey, const Endpoint& endpoint,
                         Search& search) {
  constexpr std::uint16_t kSmtp = 25;
  if (journey.hop.kind == Hop::Kind::Mx && endpoint.port == kSmtp &&
      is_loopback(endpoint.address)) {
    const bool final = leads_by_itself(journey);
    search.note({final ? Outcome::Permanent : Outcome::Temporary, 0,
                 final ? "5.4.6" : "4.4.6",
                 place(endpoint) + " is this machine itself"});
    return;
  }
  const bool secret = must_stay_secret(journey.transaction);
  const bool only_wanted = journey.hop.tls == Hop::Tls::May && !secret;
  const bool broken =
      only_wanted && tools_.memory.is_broken(place(endpoint), steady_time());
  auto encryption = broken ? Session::Encryption::Never
                           : Session::Encryption::WhenOffered;
  bool there = connect(journey, endpoint, encryption, search);
  if (!there && session_ && session_->handshake_failed() && only_wanted) {
    tools_.memory.broken(place(endpoint), steady_time());
    log_warn("tls-broken", {{"host", place(endpoint)},
                            {"reason", session_->why().text}});
    there = connect(journey, endpoint, Session::Encryption::Never, search);
  }
  if (!there) return drop();
  ++search.sessions;
  if (!channel_->tls().empty()) tools_.memory.forget(place(endpoint));
  use(journey, search);
  // It takes no mail without: then TLS is tried, whatever it was.
  if (broken && !undecided().empty() && !search.moves_on &&
      !tools_.memory.is_broken(place(endpoint), steady_time())) {
    try_address(journey, endpoint, search);
  }
}

bool Client::connect(const Journey& journey, const Endpoint& endpoint,
                     Session::Encryption encryption, Search& search) {
  ++search.connections;
  const Micros begun = steady_time();
  drop();
  arrive(endpoint);
  channel_ = std::make_unique<Channel>(endpoint, tools_.tls);
  const auto unreachable = [&](std::string_view enhanced) {
    count(Metric::OutgoingAttempts, "unreachable");
    search.note(trouble(Outcome::Temporary, enhanced,
                        place(endpoint) + ": " + channel_->trouble()));
    return false;
  };
  if (channel_->connect(tools_.from, tools_.deadlines.connect) !=
      Channel::Connected::Yes) {
    return unreachable("4.4.1");
  }
  if (journey.hop.tls == Hop::Tls::Implicit) {
    channel_->patience(tools_.deadlines.handshake);
    if (!channel_->start_tls(Proof::Name)) return unreachable("4.7.5");
  }
  hop_ = journey.hop;
  hosts_ = journey.hosts;
  const bool secret = must_stay_secret(journey.transaction);
  const Credentials* credentials = nullptr;
  if (!hop_.login.empty()) {
    credentials = tools_.passwords.find(hop_.login);
    if (credentials == nullptr) {
      search.note(trouble(Outcome::Temporary, "4.3.5",
                          "no line " + hop_.login + " in relay_passwords"));
      return false;
    }
  }
  session_ = std::make_unique<Session>(
      *channel_, Session::Setup{hop_, endpoint.host, tools_.hostname,
                                tools_.deadlines, credentials, encryption,
                                secret ? Proof::Name : Proof::None,
                                may_send_});
  auto why = session_->open();
  search.busy = search.busy || session_->turned_away();
  search.talked = search.talked || !session_->name().empty() ||
                  (why && why->code != 0);
  search.barred = search.barred || session_->barred();
  // Whoever guesses is locked out.
  search.stop = search.stop || session_->is_us() || search.barred;
  if (why) {
    count(Metric::OutgoingAttempts,
          session_->turned_away() ? "turned away" : "failed");
    if (why->code == 0) why->text = place(endpoint) + ": " + why->text;
    // Before all else, that is what somebody has to put right.
    if (search.barred) search.reason.reset();
    search.note(std::move(*why));
    return false;
  }
  proved_ = channel_->proved();
  carried_ = 0;
  opened_at_ = steady_time();
  count(Metric::OutgoingAttempts, "open");
  observe(Metric::ConnectTime, opened_at_ - begun);
  return true;
}

// One transaction; true when another one may decide more.
bool Client::send_once(const Journey& journey, Search& search) {
  const auto numbers = undecided();
  const bool all = numbers.size() == verdicts_.size();
  const auto outcome =
      all ? session_->carry(journey.transaction, journey.file)
          : session_->carry(part_of(journey.transaction, numbers),
                            journey.file);
  ++carried_;
  search.talked = search.talked || outcome.begun;
  // A 421 to MAIL is said of us; a later one of the message.
  search.busy =
      search.busy || (session_->turned_away() && !outcome.begun);
  if (outcome.seven_bit) result_.visits.back().seven_bit = true;
  bool delivered = false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    auto& verdict = verdicts_[numbers[i]] = outcome.verdicts[i];
    if (!verdict) continue;
    verdict->visit = result_.visits.size() - 1;
    delivered = delivered || verdict->outcome == Outcome::Delivered;
    const bool clear = wants_tls(*verdict) && session_->in_the_clear();
    if (clear) tools_.memory.forget(place(channel_->endpoint()));
    if (clear || (wants_login(*verdict) && !leads_by_itself(journey))) {
      search.note(ours_to_mend(*verdict));
      verdict.reset();
    } else if (wants_another_host(verdict)) {
      search.note(*verdict);
      verdict.reset();
    } else {
      heard_ = true;
    }
  }
  if (!outcome.again || !delivered || !session_->usable()) return false;
  // RFC 5321 4.5.3.1.10: the rest in a transaction of their own.
  for (const auto i : numbers) {
    if (verdicts_[i] && verdicts_[i]->too_many_recipients()) {
      verdicts_[i].reset();
    }
  }
  return true;
}

// A visit that came to nothing makes room for the next.
void Client::arrive(const Endpoint& endpoint) {
  if (result_.visits.empty() || heard_) result_.visits.emplace_back();
  heard_ = false;
  result_.visits.back() = {.host = endpoint.host, .address = endpoint.address};
}

void Client::use(const Journey& journey, Search& search) {
  result_.visits.back().tls = channel_->tls();
  result_.visits.back().dsn = session_->dsn();
  while (send_once(journey, search)) {
  }
  put_off(search);
  const bool whole = undecided().empty();
  if (session_->usable()) {
    if (!whole) close();
    return;
  }
  if (!whole) search.note(reason_of(*session_, search.busy));
  drop();
}

// RFC 5321 5.1: who is put off by one host may be welcome at the next.
void Client::put_off(Search& search) {
  if (search.left == 0 || search.deferrals.size() + 1 >= kMostDeferrals) return;
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    if (!verdicts_[i] || !verdicts_[i]->deferred()) continue;
    put_off_[i] = std::exchange(verdicts_[i], std::nullopt);
    search.moves_on = true;
  }
  if (!search.moves_on) return;
  search.deferrals.push_back(result_.visits.back().address);
}

void Client::settle(const Search& search) {
  Verdict reason = search.reason.value_or(
      trouble(Outcome::Temporary, "4.4.1", "no host could be tried"));
  if (!result_.visits.empty()) reason.visit = result_.visits.size() - 1;
  result_.verdicts.clear();
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    const auto& said = verdicts_[i] ? verdicts_[i] : put_off_[i];
    result_.verdicts.push_back(said.value_or(reason));
  }
  result_.why = reason.text;
  const bool hopeless =
      search.reason && search.reason->outcome == Outcome::Permanent;
  result_.site = search.barred                  ? SiteState::Barred
                 : search.busy                  ? SiteState::Busy
                 : search.talked || hopeless ? SiteState::Fine
                                                : SiteState::Dead;
}

void Client::give_up(std::string_view why) {
  drop();
  Search search;
  search.talked = true;  // it is not the site's fault
  search.note(trouble(Outcome::Temporary, "4.3.0", why));
  settle(search);
}

void Client::drop() {
  session_.reset();
  if (channel_) channel_->close();
  channel_.reset();
}

void Client::close() {
  if (session_) session_->quit();
  drop();
}

}  // namespace mail::relay
