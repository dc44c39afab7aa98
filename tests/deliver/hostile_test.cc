// A thousand seeds of a server that misbehaves in every phase.  Whatever it
// does: each recipient gets one verdict, in time; never Delivered unless the
// server said so to it, which it is made to say only once; and those beside it
// get their mail.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "base/file.h"
#include "base/random.h"
#include "deliver/slots.h"
#include "dns/local_records.h"
#include "net/certificate.h"
#include "spool/spool.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_dir.h"

namespace mail::deliver {
namespace {

constexpr int kSeeds = 1000;
constexpr std::uint32_t kLanes = 48;
constexpr std::uint32_t kGood = 4;   // lanes behind them that behave
constexpr relay::Patience kCommand{400};

// Well beyond what all the deadlines of an errand make.
constexpr std::chrono::seconds kForEver{30};

class HostileTest : public testing::Test {
 protected:
  HostileTest()
      : certificate_(net::make_certificate({"mx.a.test"})),
        resolver_(*dns::LocalRecords::parse("mx.a.test A 127.0.0.1\n")),
        tls_(""),
        tools_{*resolver_, tls_, memory_, passwords_, "us.test", {},
               relay::Deadlines::for_command(kCommand)},
        slots_({.tools = tools_,
                .most = kLanes + kGood,
                .tell = [this](const FromSender& m) { hear(m); },
                .idle = std::chrono::seconds(1)}) {
    replace_file(dir_.path() + "/cert", certificate_.certificate, 0600);
    replace_file(dir_.path() + "/key", certificate_.key, 0600);
    mail_ = "Subject: x\r\n\r\n";
    while (mail_.size() < 20'000) mail_ += ".some line of text\r\n";
    replace_file(dir_.path() + "/mail", mail_, 0600);
    for (std::uint32_t i = 0; i < kLanes + kGood; ++i) {
      servers_.push_back(std::make_unique<SmtpServer>(options(i)));
    }
  }

  SmtpServerOptions options(std::uint32_t lane) const {
    SmtpServerOptions all;
    all.lmtp = lane % 4 == 3;
    if (lane % 3 == 1) all.offers.erase("PIPELINING");
    if (lane % 2 == 0 && lane < kLanes) {
      all.certificate = dir_.path() + "/cert";
      all.key = dir_.path() + "/key";
    }
    return all;
  }

  void hear(const FromSender& message) {
    const auto* report = std::get_if<Report>(&message);
    if (report == nullptr) return;
    const std::lock_guard lock(mutex_);
    reports_.push_back(*report);
    changed_.notify_all();
  }

  static std::string recipient(std::uint64_t seed, std::size_t number) {
    return "r" + std::to_string(seed) + "." + std::to_string(number) +
           "@a.test";
  }

  void give(std::uint32_t lane, std::uint64_t seed) {
    Errand errand;
    errand.number = seed;
    errand.slot = lane;
    errand.id = spool::make_id(wall_time());
    errand.hop = {Hop::Kind::Host, "mx.a.test", servers_[lane]->port(),
                  lane % 4 == 3 ? Hop::Protocol::Lmtp : Hop::Protocol::Smtp,
                  Hop::Tls::May, ""};
    errand.length = static_cast<std::int64_t>(mail_.size());
    errand.sender = "ann@us.test";
    errand.has_leading_dot = true;
    for (std::size_t i = 0; i < seed % 3 + 1; ++i) {
      errand.recipients.push_back({recipient(seed, i), "", ""});
    }
    slots_.give(std::move(errand), open_file(dir_.path() + "/mail", O_RDONLY));
  }

  // The next report.
  Report wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kForEver,
                           [this] { return !reports_.empty(); })) {
      throw std::runtime_error("a slot hangs");
    }
    Report report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }

  void check(const Report& report) {
    const std::uint64_t seed = report.number;
    ASSERT_EQ(report.verdicts.size(), seed % 3 + 1) << seed;
    const auto taken = servers_[report.slot]->taken();
    for (std::size_t i = 0; i < report.verdicts.size(); ++i) {
      const bool said = taken.contains(recipient(seed, i));
      const auto outcome = report.verdicts[i].outcome;
      ++outcomes_[static_cast<std::size_t>(outcome)];
      if (outcome == Verdict::Outcome::Delivered) {
        EXPECT_TRUE(said) << "seed " << seed << ": " << recipient(seed, i);
      }
      EXPECT_LE(report.verdicts[i].text.size(), 600u);
    }
    for (const auto& [address, times] : taken) {
      EXPECT_EQ(times, 1) << "seed " << seed << ": " << address;
    }
  }

  TempDir dir_;
  const net::CertificateText certificate_;
  std::unique_ptr<dns::Resolver> resolver_;
  net::TlsClient tls_;
  relay::TlsMemory memory_;
  relay::Passwords passwords_;
  relay::Tools tools_;
  std::string mail_;
  std::vector<std::unique_ptr<SmtpServer>> servers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Report> reports_;
  std::array<int, 3> outcomes_{};
  Slots slots_;
};

TEST_F(HostileTest, AThousandSeedsLoseNothingAndHangNobody) {
  // The number that fails is the seed to look at; each has its lane.
  std::array<std::uint64_t, kLanes> next;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) next[lane] = lane + 1;
  std::uint32_t busy = 0;
  int good = 0;
  const auto start = [&](std::uint32_t lane) {
    if (lane >= kLanes) {
      servers_[lane]->misbehave(0);
      return give(lane, kSeeds + lane * 3);
    }
    const std::uint64_t seed = std::exchange(next[lane], next[lane] + kLanes);
    if (seed > kSeeds) return;
    servers_[lane]->misbehave(seed);
    give(lane, seed);
    ++busy;
  };
  for (std::uint32_t lane = 0; lane < kLanes + kGood; ++lane) start(lane);
  while (busy > 0) {
    const Report report = wait();
    check(report);
    if (report.slot < kLanes) {
      --busy;
    } else if (report.verdicts.at(0).outcome == Verdict::Outcome::Delivered) {
      ++good;
    } else {
      // Only a machine that is too slow for its deadlines.
      EXPECT_NE(report.verdicts[0].text.find("timed out"), std::string::npos)
          << report.verdicts[0].text;
    }
    if (report.slot < kLanes || busy > 0) start(report.slot);
  }
  EXPECT_GT(outcomes_[0], 100);  // there was mischief, and not only that
  EXPECT_GT(outcomes_[1], 100);
  EXPECT_GT(outcomes_[2], 5);
  EXPECT_GT(good, 100);
}

}  // namespace
}  // namespace mail::deliver
