// What a client is told of changes is the difference of two full listings.
//
// Random histories in one mailbox: after each step a client that knew an
// earlier state asks for what has changed, by SELECT (QRESYNC ...) and by
// UID FETCH (CHANGEDSINCE ... VANISHED), applies the answer to what it knew,
// and has to arrive at what the mailbox holds.
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <random>
#include <set>

#include "base/ascii.h"
#include "db/database.h"
#include "imap/sequence_set.h"
#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

struct Seen {
  std::string flags;
  std::int64_t modseq = 0;
  bool operator==(const Seen&) const = default;
};

// What a client keeps of a mailbox.
struct State {
  std::map<Uid, Seen> messages;
  std::int64_t uidvalidity = 0;
  std::int64_t modseq = 0;
  Uid uidnext = 1;
};

std::int64_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos) return 0;
  text.remove_prefix(at + name.size());
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string flags_of(std::string_view line) {
  const auto begin = line.find("FLAGS (") + 7;
  const auto names =
      split(line.substr(begin, line.find(')', begin) - begin), ' ');
  std::set<std::string> sorted;
  for (const auto name : names) {
    if (!name.empty() && name != "\\Recent") sorted.emplace(name);
  }
  std::string out;
  for (const auto& name : sorted) out += name + ' ';
  return out;
}

// Applies an answer; the numbers of FETCH responses are those of `listed`.
void apply(std::string_view answer, State& state,
           const std::map<std::int64_t, Uid>& listed) {
  for (std::string_view line : split(answer, '\n')) {
    if (line.starts_with("* VANISHED (EARLIER) ")) {
      auto text = line.substr(21);
      text.remove_suffix(1);
      const auto gone = parse_sequence_set(text);
      ASSERT_TRUE(gone) << line;
      for (const UidRange& r : gone->resolve(0)) {
        state.messages.erase(state.messages.lower_bound(r.first),
                             state.messages.upper_bound(r.last));
      }
    } else if (line.find(" FETCH (") != line.npos) {
      const auto uid = static_cast<Uid>(number_behind(line, "UID "));
      ASSERT_EQ(listed.at(number_behind(line, "* ")), uid) << line;
      state.messages[uid] = {flags_of(line), number_behind(line, "MODSEQ (")};
    }
  }
}

class History {
 public:
  History(Site& site, std::uint32_t seed, std::string name)
      : random_(seed),
        site_(site),
        name_(std::move(name)),
        account_(site.accounts().open(1)),
        box_(account_->create_mailbox(name_, store::Role::None)->id),
        other_(account_->mailbox("Trash")->id) {}

  void step();
  State full(SessionDriver& client);
  std::uint32_t pick(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }
  const std::map<std::int64_t, Uid>& listed() const { return listed_; }
  std::string selection() const { return name_; }
  store::MailboxId box() const { return box_; }

 private:
  UidSet some();

  std::mt19937 random_;
  Site& site_;
  std::string name_;
  store::Lease account_;
  store::MailboxId box_;
  store::MailboxId other_;
  std::map<std::int64_t, Uid> listed_;
};

UidSet History::some() {
  UidSet out;
  for (const Uid uid : account_->uids(box_)) {
    if (pick(4) == 0) append(out, uid);
  }
  return out;
}

// Messages come from INBOX, which holds a few: no file is written.
void History::step() {
  static const store::Flags kFlags[] = {store::kSeen, store::kFlagged,
                                        store::kAnswered, store::kDraft};
  const auto inbox = account_->mailbox("INBOX")->id;
  switch (pick(7)) {
    case 0:
    case 1:
      account_->copy(inbox, {{1, 1 + pick(5)}}, box_);
      break;
    case 2:
      account_->move(box_, some(), other_);
      break;
    case 3: {
      const UidSet gone = some();
      account_->change_flags(box_, gone,
                             {store::FlagAction::Add, store::kDeleted, {}, {}});
      account_->expunge(box_, gone);
      break;
    }
    case 4:
      account_->change_flags(
          box_, some(),
          {store::FlagAction::Add, 0, {pick(2) ? "$a" : "b"}, {}});
      break;
    default:
      account_->change_flags(
          box_, some(),
          {pick(2) ? store::FlagAction::Add : store::FlagAction::Remove,
           kFlags[pick(4)],
           {},
           {}});
  }
}

State History::full(SessionDriver& client) {
  State state;
  const std::string selected = client.send("f EXAMINE " + name_ + "\r\n");
  state.modseq = number_behind(selected, "[HIGHESTMODSEQ ");
  state.uidvalidity = number_behind(selected, "[UIDVALIDITY ");
  state.uidnext = static_cast<Uid>(number_behind(selected, "[UIDNEXT "));
  const std::string all = client.send("f FETCH 1:* (UID FLAGS MODSEQ)\r\n");
  listed_.clear();
  for (std::string_view line : split(all, '\n')) {
    if (line.find(" FETCH (") == line.npos) continue;
    const auto uid = static_cast<Uid>(number_behind(line, "UID "));
    listed_[number_behind(line, "* ")] = uid;
    state.messages[uid] = {flags_of(line), number_behind(line, "MODSEQ (")};
  }
  EXPECT_EQ(std::int64_t(state.messages.size()),
            number_behind(
                selected.substr(selected.rfind('\n', selected.find(" EXISTS"))),
                "* "));
  return state;
}

// The old state brought to the new one by an answer.
void expect_difference(History& history, const std::string& answer,
                       const State& before, const State& now) {
  State told = before;
  apply(answer, told, history.listed());
  EXPECT_EQ(told.messages, now.messages) << answer;
}

std::string match_data(History& history, const State& before) {
  if (before.messages.empty() || history.pick(2)) return "";
  std::string numbers, uids;
  std::int64_t number = 0;
  for (const auto& [uid, seen] : before.messages) {
    ++number;
    if (history.pick(3)) continue;
    if (!uids.empty()) uids += ',', numbers += ',';
    uids += std::to_string(uid);
    numbers += std::to_string(number);
  }
  return uids.empty() ? "" : " (" + numbers + ' ' + uids + ')';
}

void check(History& history, SessionDriver& client, const State& before,
           const State& now) {
  const std::string uidvalidity = std::to_string(now.uidvalidity);
  const std::string since = std::to_string(before.modseq);
  std::string known;
  if (history.pick(2) && before.uidnext > 1) known = " 1:4294967295";
  expect_difference(history,
                    client.send("q SELECT " + history.selection() +
                                " (QRESYNC (" + uidvalidity + ' ' + since +
                                known + match_data(history, before) + "))\r\n"),
                    before, now);
  expect_difference(history,
                    client.send("c UID FETCH 1:* (FLAGS) (CHANGEDSINCE " +
                                since + " VANISHED)\r\n"),
                    before, now);
}

// As if the oldest tombstones had been trimmed.
void forget_vanished(Site& site, History& history) {
  db::Database mail(site.folder(1) + "/mail.db", db::Mode::Existing);
  mail.statement(
          "UPDATE mailbox SET vanished_floor = (SELECT max(modseq) FROM "
          "vanished WHERE mailbox = ?1) WHERE id = ?1 AND EXISTS(SELECT 1 "
          "FROM vanished WHERE mailbox = ?1)")
      .run(history.box());
  mail.statement("DELETE FROM vanished WHERE mailbox = ?").run(history.box());
}

constexpr std::uint32_t kMailboxes = 25;
constexpr int kSteps = 100;
constexpr int kHistories = 4;  // that end with each step

TEST(DifferenceTest, WhatIsToldIsTheDifferenceOfTwoListings) {
  const auto memory = site_in_memory();
  Site& site = *memory;
  auto client = site.login("alice");
  for (int i = 0; i < 5; ++i) {
    client->send(append_command("a", "INBOX", "a: b\r\n\r\n"));
  }
  client->send("e ENABLE QRESYNC\r\n");
  for (std::uint32_t seed = 1; seed <= kMailboxes; ++seed) {
    History history(site, seed, "h" + std::to_string(seed));
    std::vector<State> states = {history.full(*client)};
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      history.step();
      if (history.pick(30) == 0) forget_vanished(site, history);
      const State now = history.full(*client);
      for (int i = 0; i < kHistories; ++i) {
        const auto size = static_cast<std::uint32_t>(states.size());
        const std::uint32_t back =
            history.pick(2) ? history.pick(size) : history.pick(3);
        check(history, *client, states[size - 1 - std::min(back, size - 1)],
              now);
      }
      states.push_back(now);
    }
  }
}

}  // namespace
}  // namespace mail::imap
