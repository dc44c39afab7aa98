// Outbound with a spool of its own; the test is the sender.

#include "deliver/outbound.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

#include "deliver/progress.h"
#include "relay/hosts.h"
#include "spool/spool.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

using Outcome = Verdict::Outcome;

const Verdict kTaken{Outcome::Delivered, 250, "2.0.0", "taken", 0, false, true};
const Verdict kLater{Outcome::Temporary, 450, "4.2.0", "later", 0, false, true};
const Verdict kUnusual{Outcome::Temporary, 421, "4.7.0", "it is unusual",
                       0,                  false, true};
const Verdict kBusy{Outcome::Temporary, 421, "4.7.0", "too many"};
const Verdict kNobody{Outcome::Temporary, 0, "4.4.1", "nobody there"};

class OutboundTest : public ::testing::Test {
 protected:
  OutboundTest() {
    settings_.hostname = "mx.example.test";
    settings_.data = dir_.path();
    settings_.relay_site_start = 2;
    spool::make_spool(settings_.spool());
    writer_ = std::make_unique<spool::Writer>(settings_.spool());
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours_.emplace_back(ends[0]);
    theirs_ = Fd(ends[1]);
  }
  void start() {
    outbound_ = std::make_unique<Outbound>(settings_, ours_);
    say(Ready{7});
  }

  void say(const FromSender& message) {
    const std::string packet = to_packet(message);
    EXPECT_GT(::send(theirs_.number(), packet.data(), packet.size(), 0), 0);
    outbound_->hear(0);
    outbound_->start();
  }
  // The next packet for the sender; nothing when there is none.
  std::optional<ToSender> next() {
    outbound_->start();
    std::string buffer(kMaxErrandPacket, '\0');
    const auto n =
        ::recv(theirs_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n <= 0) return {};
    auto parsed = parse_to_sender(
        std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
    EXPECT_TRUE(parsed);
    return *parsed;
  }
  // Answers lookups until there is an errand: `site` for all domains, or
  // one of each domain's own.
  std::optional<Errand> errand(const std::string& site = "") {
    while (auto packet = next()) {
      if (auto* errand = std::get_if<Errand>(&*packet)) return *errand;
      const auto& lookup = std::get<Lookup>(*packet);
      Found found;
      found.number = lookup.number;
      found.outcome = Found::Outcome::Hosts;
      found.hosts.push_back({10, "mx." + lookup.domain});
      found.site = site.empty() ? "mx." + lookup.domain : site;
      found.ttl = 60;
      say(found);
    }
    return {};
  }
  void report(const Errand& errand, const Verdict& verdict,
              Report::Site site = Report::Site::Fine) {
    Report report;
    report.number = errand.number;
    report.slot = errand.slot;
    report.site = site;
    report.open = site == Report::Site::Fine;
    report.visits = {{.host = "mx"}};
    report.verdicts.assign(errand.recipients.size(), verdict);
    say(report);
  }

  Message& add(std::vector<std::string> addresses,
               std::uint64_t account = 0) {
    spool::Envelope envelope;
    envelope.sender = "ann@example.test";
    for (auto& one : addresses) envelope.recipients.push_back({one, "", ""});
    const auto draft = writer_->create(wall_time(), 0);
    draft->write("Subject: x\r\n\r\n");
    draft->commit(envelope);
    auto& message = *messages_.emplace_back(std::make_unique<Message>());
    message.id = draft->id();
    message.account = account;
    Consignment consignment{&message, "", {}};
    for (auto& one : addresses) {
      Target target;
      target.row.address = one;
      consignment.domain = one.substr(one.find('@') + 1);
      consignment.targets.push_back(message.targets.size());
      message.targets.push_back(std::move(target));
    }
    outbound_->add(std::move(consignment));
    return message;
  }
  void relay_by(const std::string& hops) { settings_.relayhost = hops; }

  TempDir dir_;
  config::Settings settings_;
  std::unique_ptr<spool::Writer> writer_;
  std::vector<Fd> ours_;
  Fd theirs_;
  std::vector<std::unique_ptr<Message>> messages_;
  std::unique_ptr<Outbound> outbound_;
};

TEST_F(OutboundTest, RecipientsOfADomainGoTogether) {
  start();
  add({"bob@x.example", "eve@x.example"});
  const auto sent = errand();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->recipients.size(), 2u);
  EXPECT_EQ(sent->hosts.front().host, "mx.x.example");
  EXPECT_EQ(sent->sender, "ann@example.test");
  EXPECT_EQ(sent->life, 7u);
  report(*sent, kTaken);
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].verdicts[1].outcome, Outcome::Delivered);
  EXPECT_FALSE(partings[0].partial);
  EXPECT_EQ(outbound_->in_flight(), 0u);
}

TEST_F(OutboundTest, AnOpenConnectionGetsTheNextMessageOfTheSite) {
  start();
  add({"bob@x.example"});
  const auto first = errand("one-site");
  ASSERT_TRUE(first);
  report(*first, kTaken);
  add({"bob@y.example"});
  const auto second = errand("one-site");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->slot, first->slot);
}

TEST_F(OutboundTest, ASiteGetsNoMoreConnectionsThanItsWindow) {
  start();
  for (int i = 0; i < 5; ++i) add({"bob@x.example"});
  const auto first = errand();
  ASSERT_TRUE(first && errand());
  EXPECT_FALSE(errand());
  report(*first, kTaken);
  EXPECT_TRUE(errand());
  EXPECT_FALSE(errand());
}

TEST_F(OutboundTest, WhatABusySiteRefusedIsTriedAgainAtOnce) {
  start();
  add({"bob@x.example"});
  add({"eve@x.example"});
  const auto first = errand();
  const auto second = errand();
  ASSERT_TRUE(first && second);
  report(*second, kBusy, Report::Site::Busy);
  EXPECT_TRUE(outbound_->take().empty());
  EXPECT_FALSE(errand());  // the window is one now
  report(*first, kTaken);
  const auto again = errand();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, second->id);
  EXPECT_EQ(again->slot, first->slot);
}

// Each time one recipient less is left, so that it ends.
TEST_F(OutboundTest, WhomAConnectionEndedBeforeIsTriedAgainAtOnce) {
  relay_by("[10.0.0.1], [10.0.0.2]");
  start();
  Message& message = add({"bob@x.example", "eve@x.example", "joe@x.example"});
  message.parcels = 1;
  const auto first = errand();
  ASSERT_TRUE(first);
  say(Report{.number = first->number,
             .slot = first->slot,
             .visits = {{.host = "mx"}},
             .verdicts = {kNobody, kUnusual, kNobody}});
  std::map<std::string, std::string> seen;
  const auto again = errand();
  ASSERT_TRUE(again);
  const auto other = errand();
  ASSERT_TRUE(other);
  for (const auto& sent : {*again, *other}) {
    for (const auto& to : sent.recipients) seen[to.address] = sent.hop.name;
  }
  EXPECT_EQ(seen, (std::map<std::string, std::string>{
                      {"bob@x.example", "10.0.0.1"},
                      {"eve@x.example", "10.0.0.2"},
                      {"joe@x.example", "10.0.0.1"}}));
  report(*again, kNobody);
  report(*other, kNobody);
  // Nobody was decided: they have not been put back a second time.
  while (const auto next = errand()) {
    EXPECT_EQ(next->hop.name, "10.0.0.2");
    report(*next, kLater);
  }
  EXPECT_EQ(outbound_->take().size(), 2u);
}

// A server that takes all mail but this: nobody else's waits for it.
TEST_F(OutboundTest, WhatAServerSaysOfOneMessageIsNoMatterOfTheSite) {
  start();
  for (int i = 0; i < 6; ++i) {
    add({"bob@x.example"});
    const auto sent = errand();
    ASSERT_TRUE(sent);
    say(Report{.number = sent->number,
               .slot = sent->slot,
               .visits = {{.host = "mx"}},
               .verdicts = {kUnusual}});
    const auto partings = outbound_->take();
    ASSERT_EQ(partings.size(), 1u);
    EXPECT_EQ(partings[0].kind, Parting::Kind::Tried);
    EXPECT_FALSE(errand());
  }
  const Site* site = outbound_->sites().find("mx.x.example");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->deaths(), 0);
  EXPECT_GE(site->window().size(), 2);
  EXPECT_EQ(site->why(), "");
}

TEST_F(OutboundTest, ADeadSiteFailsNothingAndIsTriedByOneMessage) {
  start();
  // A cohort of two connections, twice.
  for (int i = 0; i < 4; ++i) {
    add({"bob@x.example"});
    const auto sent = errand();
    ASSERT_TRUE(sent);
    report(*sent, kNobody, Report::Site::Dead);
    EXPECT_EQ(outbound_->take().size(), 1u);
  }
  add({"eve@x.example"});
  EXPECT_FALSE(errand());
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].kind, Parting::Kind::Waits);
  EXPECT_GT(partings[0].until, wall_time() + 50 * kSecond);
  ASSERT_EQ(outbound_->take_changed(wall_time()).size(), 1u);

  Site* site = outbound_->sites().find("mx.x.example");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->deaths(), 1);
  site->restore(2, 1, 1, "long ago");
  add({"bob@x.example"});
  add({"eve@x.example"});
  const auto probe = errand();
  ASSERT_TRUE(probe);
  EXPECT_FALSE(errand());
  report(*probe, kTaken);
  EXPECT_EQ(site->deaths(), 0);
  EXPECT_TRUE(errand());
}

// Guessing on, message by message, locks the account at the other side.
TEST_F(OutboundTest, ASiteThatRefusesOurLoginIsLeftAloneAtOnce) {
  start();
  const auto send = [&] {
    add({"bob@x.example"});
    return errand();
  };
  const auto first = send();
  const auto second = send();
  ASSERT_TRUE(first && second);
  add({"bob@x.example"});
  for (const auto& one : {*first, *second}) {
    say(Report{.number = one.number,
               .slot = one.slot,
               .site = Report::Site::Barred,
               .why = "logging in failed: no",
               .visits = {{.host = "mx"}},
               .verdicts = {kNobody}});
  }
  EXPECT_EQ(outbound_->take().size(), 3u);
  EXPECT_FALSE(send());
  Site* site = outbound_->sites().find("mx.x.example");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->deaths(), 1);
  EXPECT_EQ(site->failures(), 2);
  EXPECT_EQ(site->window().size(), 2);
  const auto rows = outbound_->take_changed(wall_time());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].why, "logging in failed: no");
  // Who starts anew may have been told the right password.
  outbound_->sites().restore(rows, wall_time());
  EXPECT_FALSE(site->is_dead(steady_time()));
  EXPECT_TRUE(send());
  EXPECT_FALSE(send());
}

TEST_F(OutboundTest, AnErrandThatDecidesNothingIsNoSuccess) {
  start();
  for (int i = 0; i < 9; ++i) {
    add({"bob@x.example"});
    const auto sent = errand();
    ASSERT_TRUE(sent);
    report(*sent, kNobody);
  }
  EXPECT_EQ(outbound_->sites().find("mx.x.example")->window().size(), 2);
}

// A 421 behind MAIL: one that shuts down answers so to every message.
TEST_F(OutboundTest, NorIsOneThatTakesNothingAndEndsTheConnection) {
  Verdict later = kNobody;
  later.code = 421;
  later.answered = true;
  const auto window_after = [&](Verdict::Outcome outcome, bool open) {
    start();
    later.outcome = outcome;
    for (int i = 0; i < 9; ++i) {
      add({"bob@x.example"});
      const auto sent = errand();
      EXPECT_TRUE(sent);
      say(Report{.number = sent->number,
                 .slot = sent->slot,
                 .open = open,
                 .visits = {{.host = "mx"}},
                 .verdicts = {later}});
    }
    return outbound_->sites().find("mx.x.example")->window().size();
  };
  EXPECT_EQ(window_after(Verdict::Outcome::Temporary, false), 2);
  EXPECT_GT(window_after(Verdict::Outcome::Delivered, false), 2);
  EXPECT_GT(window_after(Verdict::Outcome::Permanent, true), 2);
}

TEST_F(OutboundTest, TheNextHopIsTriedWhenOneCannotBeReached) {
  relay_by("[10.0.0.1], [10.0.0.2]:26");
  start();
  add({"bob@x.example"});
  const auto first = errand();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->hop.name, "10.0.0.1");
  report(*first, kNobody, Report::Site::Dead);
  const auto second = errand();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->hop.name, "10.0.0.2");
  EXPECT_EQ(second->hop.port, 26);
  report(*second, kNobody, Report::Site::Dead);
  EXPECT_EQ(outbound_->take().size(), 1u);
}

// As from one exchange host to the next; what may have arrived stays.
TEST_F(OutboundTest, TheNextHopIsTriedForWhatOneHasPutOff) {
  relay_by("[10.0.0.1], [10.0.0.2]");
  start();
  add({"bob@x.example", "eve@x.example", "joe@x.example", "ann@x.example"});
  const auto first = errand();
  ASSERT_TRUE(first);
  Verdict unknown = kNobody;
  unknown.uncertain = true;
  say(Report{.number = first->number,
             .slot = first->slot,
             .open = true,
             .visits = {{.host = "mx"}},
             .verdicts = {kTaken, kLater, unknown, kUnusual}});
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].targets, (std::vector<std::size_t>{0, 2}));
  EXPECT_TRUE(partings[0].partial);
  const auto second = errand();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->hop.name, "10.0.0.2");
  ASSERT_EQ(second->recipients.size(), 2u);
  EXPECT_EQ(second->recipients[1].address, "ann@x.example");
  report(*second, kLater);
  const auto last = outbound_->take();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].targets, (std::vector<std::size_t>{1, 3}));
  EXPECT_FALSE(last[0].partial);
}

TEST_F(OutboundTest, ANextHopThatIsDeadGetsNothingOfWhatWasPutOff) {
  relay_by("[10.0.0.1], [10.0.0.2]");
  start();
  outbound_->sites().at("[10.0.0.2]", 1).restore(2, 1, steady_time() + kHour,
                                                 "away");
  add({"bob@x.example"});
  const auto first = errand();
  ASSERT_TRUE(first);
  report(*first, kLater);
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].kind, Parting::Kind::Tried);
  EXPECT_EQ(partings[0].verdicts.at(0).text, "later");
}

// A busy one is tried again itself; the other recipients do not wait for it.
TEST_F(OutboundTest, OneMessageMayWaitForABusyHopAndGoToTheNext) {
  relay_by("[10.0.0.1], [10.0.0.2]");
  start();
  Message& message = add({"bob@x.example", "eve@x.example"});
  message.parcels = 1;
  const auto first = errand();
  ASSERT_TRUE(first);
  say(Report{.number = first->number,
             .slot = first->slot,
             .site = Report::Site::Busy,
             .visits = {{.host = "mx"}},
             .verdicts = {kLater, kBusy}});
  EXPECT_TRUE(outbound_->take().empty());
  EXPECT_EQ(message.parcels, 2u);
  std::set<std::string> seen;
  while (const auto sent = errand()) {
    seen.insert(sent->hop.name + " " + sent->recipients.at(0).address);
    report(*sent, kTaken);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"10.0.0.1 eve@x.example",
                                         "10.0.0.2 bob@x.example"}));
  EXPECT_EQ(outbound_->take().size(), 2u);
}

TEST_F(OutboundTest, ADomainThatIsNotThereIsFinalAndTroubleIsNot) {
  start();
  add({"bob@none.example"});
  const auto ask = next();
  ASSERT_TRUE(ask);
  Found found;
  found.number = std::get<Lookup>(*ask).number;
  found.outcome = Found::Outcome::NoDomain;
  say(found);
  auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].verdicts[0].outcome, Outcome::Permanent);

  add({"bob@slow.example"});
  const auto other = next();
  ASSERT_TRUE(other);
  found.number = std::get<Lookup>(*other).number;
  found.outcome = Found::Outcome::TryLater;
  say(found);
  partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].verdicts[0].outcome, Outcome::Temporary);
}

TEST_F(OutboundTest, SuspendedMailWaits) {
  using Kind = spool::Suspension::Kind;
  start();
  const Micros until = wall_time() + kHour;
  outbound_->sites().set_suspensions({{Kind::Domain, "x.example", until, ""},
                                      {Kind::Site, "mx.y.example", until, ""}});
  add({"bob@x.example"});
  add({"bob@y.example"});
  EXPECT_FALSE(errand());
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 2u);
  for (const auto& one : partings) {
    EXPECT_EQ(one.kind, Parting::Kind::Waits);
    EXPECT_GE(one.until, until);
    EXPECT_EQ(one.code, "4.3.2");
  }
}

TEST(ProgressTest, AReportDoesNotSayThatASuspendedSiteIsSilent) {
  Message message;
  message.expires = wall_time() + kHour;
  Parting parting;
  parting.message = &message;
  const auto code_after = [&](const std::string& said, int reply,
                              const std::string& code) {
    Target target;
    target.row.last_code = said;
    target.row.reply = reply;
    parting.code = code;
    wait(target, parting);
    return target.row.last_code;
  };
  EXPECT_EQ(code_after("", 0, "4.3.2"), "4.3.2");
  EXPECT_EQ(code_after("4.4.1", 0, "4.3.2"), "4.3.2");
  EXPECT_EQ(code_after("", 0, ""), "4.4.1");
  EXPECT_EQ(code_after("4.2.2", 452, ""), "4.2.2");
  EXPECT_EQ(code_after("4.3.2", 450, ""), "4.3.2");
  // The suspension is over, and now the site is dead.
  EXPECT_EQ(code_after("4.3.2", 0, ""), "4.4.1");
}

TEST_F(OutboundTest, WhatWaitsForAConnectionIsSuspendedToo) {
  using Kind = spool::Suspension::Kind;
  const Micros until = wall_time() + kHour;
  for (const auto kind : {Kind::Domain, Kind::Site}) {
    start();
    for (int i = 0; i < 6; ++i) add({"bob@x.example"});
    const auto first = errand();
    ASSERT_TRUE(first);
    ASSERT_TRUE(errand());
    ASSERT_FALSE(errand()) << "two connections at first";
    const auto name = kind == Kind::Site ? "mx.x.example" : "x.example";
    outbound_->sites().set_suspensions({{kind, name, until, ""}});
    report(*first, kTaken);
    EXPECT_FALSE(errand());
    const auto partings = outbound_->take();
    ASSERT_EQ(partings.size(), 5u);
    for (std::size_t i = 1; i < partings.size(); ++i) {
      EXPECT_EQ(partings[i].kind, Parting::Kind::Waits);
      EXPECT_GE(partings[i].until, until);
    }
  }
}

TEST_F(OutboundTest, ADeadSendersErrandsAndQuestionsAreNotLost) {
  start();
  add({"bob@x.example"});
  ASSERT_TRUE(errand());
  add({"bob@y.example"});
  ASSERT_TRUE(next());  // the question
  auto had = outbound_->died(0);
  ASSERT_EQ(had.size(), 1u);
  outbound_->add(std::move(had[0]));
  EXPECT_FALSE(next());
  say(Ready{8});
  int errands = 0;
  while (const auto sent = errand()) {
    EXPECT_EQ(sent->life, 8u);
    ++errands;
  }
  EXPECT_EQ(errands, 2);
}

TEST_F(OutboundTest, WhatADeadSenderHasToldCounts) {
  start();
  add({"bob@x.example"});
  add({"eve@y.example"});
  const auto first = errand();
  const auto second = errand();
  ASSERT_TRUE(first && second);
  for (const FromSender& words : {FromSender(Report{.number = first->number,
                                                    .slot = first->slot,
                                                    .visits = {},
                                                    .verdicts = {kTaken}}),
                                  FromSender(Ready{8})}) {
    const std::string packet = to_packet(words);
    ASSERT_GT(::send(theirs_.number(), packet.data(), packet.size(), 0), 0);
  }
  auto had = outbound_->died(0);
  ASSERT_EQ(had.size(), 1u);
  EXPECT_EQ(had[0].domain, "y.example");
  ASSERT_EQ(outbound_->take().size(), 1u);
  // The next one has said that it is there.
  outbound_->add(std::move(had[0]));
  const auto again = errand();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->life, 8u);
}

TEST_F(OutboundTest, WhatIsOfAnotherLifeIsNotBelieved) {
  start();
  add({"bob@x.example"});
  const auto sent = errand();
  ASSERT_TRUE(sent);
  outbound_->died(0);
  report(*sent, kTaken);
  EXPECT_TRUE(outbound_->take().empty());
}

TEST_F(OutboundTest, OnlyOneSuspectIsOutAtATime) {
  start();
  add({"bob@x.example"}).alone = true;
  const auto sent = errand();
  ASSERT_TRUE(sent);
  add({"bob@y.example"}).alone = true;
  add({"bob@z.example"});
  const auto other = errand();
  ASSERT_TRUE(other);
  EXPECT_EQ(other->hop.name, "z.example");
  EXPECT_FALSE(errand());
  report(*sent, kLater);
  const auto last = errand();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->hop.name, "y.example");
}

TEST_F(OutboundTest, AFileThatIsGoneOrDamagedParts) {
  start();
  Message& gone = add({"bob@x.example"});
  gone.id = spool::make_id(wall_time());
  EXPECT_FALSE(errand());
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].kind, Parting::Kind::Gone);
}

// Percent signs take three octets each there.
TEST_F(OutboundTest, RecipientsThatFillAPacketGoInSeveral) {
  start();
  const std::string label = std::string(60, 'x') + ".";
  const std::string domain = label + label + label + "example";
  Message& message = add({"bob@" + domain});
  const Target target = message.targets[0];
  outbound_->withdraw({&message});
  message.targets.clear();
  for (int i = 0; i < 250; ++i) {
    message.targets.push_back(target);
    auto& row = message.targets.back().row;
    row.address = std::string(64, '%') + "@" + domain;
    row.orcpt = "rfc822;" + std::string(493, '%');
    row.notify = "SUCCESS,FAILURE,DELAY";
  }
  std::size_t targets = 0;
  for (auto& one : consign(message)) {
    targets += one.targets.size();
    outbound_->add(std::move(one));
  }
  EXPECT_EQ(targets, 250u);
  Found found;
  found.outcome = Found::Outcome::Hosts;
  found.site = "a";
  found.ttl = 60;
  for (std::size_t i = 0; i < relay::kMaxExchanges; ++i) {
    found.hosts.push_back({1, std::to_string(i) + std::string(250, 'h')});
  }
  const auto ask = next();
  ASSERT_TRUE(ask);
  found.number = std::get<Lookup>(*ask).number;
  say(found);
  std::size_t sent = 0;
  while (const auto one = errand()) {
    sent += one->recipients.size();
    EXPECT_LE(to_packet(*one).size(), kMaxErrandPacket);
    report(*one, kTaken);
  }
  EXPECT_EQ(sent, 250u);
}

TEST_F(OutboundTest, WhatTwoServersTookPartsTwice) {
  relay_by("retry=7 mx");
  start();
  add({"bob@x.example", "eve@x.example", "joe@x.example"});
  const auto sent = errand();
  ASSERT_TRUE(sent);
  Report report{.number = sent->number,
                .slot = sent->slot,
                .visits = {},
                .verdicts = {kTaken, kTaken, kLater}};
  report.visits = {{"", "192.0.2.1", "TLSv1.3 X", true, false},
                   {"mx2", "192.0.2.2", "", false, true}};
  report.verdicts[1].visit = report.verdicts[2].visit = 1;
  say(report);
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 2u);
  EXPECT_EQ(partings[0].targets, std::vector<std::size_t>{0});
  EXPECT_EQ(partings[0].host, "[192.0.2.1]");
  EXPECT_TRUE(partings[0].dsn && partings[0].partial);
  EXPECT_EQ(partings[1].targets, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(partings[1].host, "mx2 [192.0.2.2]");
  EXPECT_TRUE(partings[1].seven_bit);
  EXPECT_FALSE(partings[1].dsn || partings[1].partial);
  EXPECT_EQ(partings[1].retry, 7 * kSecond);
}

// Otherwise a host that puts off beside one that is busy is asked 20 times.
TEST_F(OutboundTest, WhomABusySiteHasPutOffIsNotTriedAtOnce) {
  start();
  add({"bob@x.example", "eve@x.example"});
  const auto sent = errand();
  ASSERT_TRUE(sent);
  say(Report{.number = sent->number,
             .slot = sent->slot,
             .site = Report::Site::Busy,
             .visits = {{.host = "mx"}},
             .verdicts = {kLater, kBusy}});
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].targets, std::vector<std::size_t>{0});
  EXPECT_TRUE(partings[0].partial);
  const auto again = errand();
  ASSERT_TRUE(again);
  ASSERT_EQ(again->recipients.size(), 1u);
  EXPECT_EQ(again->recipients[0].address, "eve@x.example");
}

TEST_F(OutboundTest, ALargeMessageIsVerifiedByItsSenderUntilOneHas) {
  start();
  Message& large = add({"bob@x.example"});
  large.size = 50 << 20;
  auto sent = errand();
  ASSERT_TRUE(sent && sent->verify);
  Report report{.number = sent->number,
                .slot = sent->slot,
                .damaged = true,
                .visits = {},
                .verdicts = {kNobody}};
  say(report);
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].kind, Parting::Kind::Damaged);
  EXPECT_FALSE(large.verified);

  outbound_->add({&large, "x.example", {0}});
  sent = errand();
  ASSERT_TRUE(sent && sent->verify);
  this->report(*sent, kTaken);
  EXPECT_TRUE(large.verified);
  outbound_->add({&large, "x.example", {0}});
  sent = errand();
  ASSERT_TRUE(sent);
  EXPECT_FALSE(sent->verify);

  add({"small@x.example"});
  sent = errand();
  ASSERT_TRUE(sent);
  EXPECT_FALSE(sent->verify);
}

TEST_F(OutboundTest, TheLimitOfConnectionsHoldsForAllSites) {
  settings_.relay_connections = 3;
  start();
  for (int i = 0; i < 10; ++i) add({"bob@x" + std::to_string(i) + ".example"});
  std::vector<Errand> out;
  while (const auto sent = errand()) out.push_back(*sent);
  EXPECT_EQ(out.size(), 3u);
  report(out[0], kTaken);
  EXPECT_TRUE(errand());
}

TEST_F(OutboundTest, AnOpenConnectionIsNotGivenAwayForEachMessage) {
  settings_.relay_connections = 1;
  start();
  for (int i = 0; i < 3; ++i) {
    add({"bob@x1.example"});
    add({"bob@x2.example"});
  }
  const auto first = errand();
  ASSERT_TRUE(first);
  report(*first, kTaken);
  const auto second = errand();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->slot, first->slot);
  EXPECT_EQ(second->recipients[0].address, first->recipients[0].address);
}

// To look for room costs nothing; to open a file does.
TEST_F(OutboundTest, NoFileIsOpenedBeforeThereIsRoomForIt) {
  settings_.relay_connections = 1;
  start();
  std::vector<Errand> waiting;
  for (const std::string to : {"bob@x1.example", "bob@x2.example"}) {
    add({to});
    waiting.push_back(errand().value());
    report(waiting.back(), kTaken);
  }
  outbound_->take();
  const Message& third = add({"bob@x3.example"});
  spool::Shelves(settings_.spool()).remove(third.id, spool::Shelf::In);
  EXPECT_FALSE(errand());
  EXPECT_TRUE(outbound_->take().empty()) << "it has looked for the file";
  say(Closed{waiting[0].slot});
  const auto partings = outbound_->take();
  ASSERT_EQ(partings.size(), 1u);
  EXPECT_EQ(partings[0].kind, Parting::Kind::Gone);
}

// A sender that was taken over changes nothing in the spool.
TEST_F(OutboundTest, ASenderGetsTheMessageToReadOnly) {
  start();
  add({"bob@x.example"});
  const auto lookup = next();
  ASSERT_TRUE(lookup);
  Found found;
  found.number = std::get<Lookup>(*lookup).number;
  found.outcome = Found::Outcome::Hosts;
  found.hosts = {{10, "mx.x.example"}};
  found.site = "mx.x.example";
  say(found);
  outbound_->start();
  std::string buffer(kMaxErrandPacket, '\0');
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ASSERT_GT(::recvmsg(theirs_.number(), &message, MSG_DONTWAIT), 0);
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  ASSERT_NE(head, nullptr);
  int number = -1;
  std::memcpy(&number, CMSG_DATA(head), sizeof number);
  const Fd file(number);
  EXPECT_EQ(::fcntl(file.number(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_GT(file.size(), 0);
}

// Their servers may hang: another's one message does not wait for that.
TEST_F(OutboundTest, OneAccountDoesNotTakeAllConnections) {
  settings_.relay_connections = 50;
  start();
  for (int i = 0; i < 60; ++i) add({"bob@x" + std::to_string(i) + ".example"});
  std::size_t out = 0;
  while (errand()) ++out;
  EXPECT_EQ(out, 40u);
  Message& other = add({"eve@y.example"}, 7);
  const auto sent = errand();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->id, other.id);
}

}  // namespace
}  // namespace mail::deliver
