// Outlook: what the queue has in store for mail to an address: rules that hold
// it, suppressions, suspensions, and how the sites on its way fare.
//
// As queue.db has it, and of sites as the scheduler knows, where one runs.
#pragma once

#include <string>
#include <vector>

#include "admin/context.h"
#include "admin/sites.h"
#include "relay/route.h"
#include "spool/queue_reader.h"

namespace mail::admin {

class Outlook {
 public:
  explicit Outlook(Context& context);

  // Sentences, in the order in which it is decided.
  std::vector<std::string> of_address(const std::string& address);
  std::vector<std::string> of_domain(const relay::Route& route) const;
  std::string of_site(const std::string& site) const;

 private:
  std::string conditions(const spool::HoldRule& rule);

  Context& context_;
  const Micros now_;
  std::vector<spool::HoldRule> rules_;
  std::vector<spool::Suppression> suppressions_;
  std::vector<spool::Suspension> suspensions_;
  SiteMap sites_;
};

}  // namespace mail::admin
