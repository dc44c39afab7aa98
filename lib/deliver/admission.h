// Admission: what administrators have said of mail before it is tried.
//
// Rules hold what enters the queue; what goes to a suppressed address fails
// at once, at the first attempt and at later ones.
#pragma once

#include <span>
#include <vector>

#include "deliver/message.h"
#include "deliver/rule_keeper.h"
#include "spool/envelope.h"
#include "spool/queue_db.h"

namespace mail::deliver {

class Admission : public RuleKeeper {
 public:
  explicit Admission(spool::QueueDb& db);

  Result<std::int64_t> add_rule(const spool::HoldRule& rule) override;
  bool remove_rule(std::int64_t n) override;
  Result<void> suppress(const spool::Suppression& suppression) override;
  bool unsuppress(const std::string& address) override;
  // Forgets what has ended.
  void tidy();

  // A new message for those the envelope names: held, or its recipients
  // refused.
  void judge(Message& message, std::span<const spool::Recipient> named);

  // What is Due for a suppressed address has Failed.
  void refuse_suppressed(Message& message,
                         std::span<const spool::Recipient> named);

 private:
  void read();

  spool::QueueDb& db_;
  std::vector<spool::HoldRule> rules_;
  bool suppresses_ = false;
};

// Whether a rule means this message.
bool is_meant(const spool::HoldRule& rule, const Message& message,
              std::span<const spool::Recipient> named);

}  // namespace mail::deliver
