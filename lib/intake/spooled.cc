#include "intake/spooled.h"

#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "smtp/trace.h"

namespace mail::intake {
namespace {

std::string_view word(smtp::Service service) {
  switch (service) {
    case smtp::Service::Smtp: return "smtp";
    case smtp::Service::Submission: return "submission";
    case smtp::Service::Lmtp: return "lmtp";
  }
  return "";
}

}  // namespace

Spooled::Spooled(std::unique_ptr<spool::Draft> draft, spool::Envelope envelope,
                 smtp::Service service, std::string hostname,
                 spool::Announcer& scheduler)
    : draft_(std::move(draft)),
      envelope_(std::move(envelope)),
      service_(service),
      hostname_(std::move(hostname)),
      scheduler_(scheduler) {}

// RFC 5321 4.4: trace fields come first.  What a submission lacks is known at
// its end and goes below them, so they wait with it.
void Spooled::trace(std::string_view field) {
  if (service_ == smtp::Service::Submission) {
    envelope_.prefix = field;
  } else {
    draft_->write(field);
  }
}

smtp::Reply Spooled::accept(const smtp::Facts& facts) {
  envelope_.has_8bit = facts.has_8bit;
  envelope_.has_long_line = facts.has_long_line;
  envelope_.has_leading_dot = facts.has_leading_dot;
  if (service_ == smtp::Service::Submission) {
    envelope_.prefix += smtp::missing_fields(facts, hostname_, draft_->id(),
                                             envelope_.arrived);
  }
  draft_->commit(envelope_);
  log_info("received", {{"id", draft_->id()},
                        {"from", envelope_.sender},
                        {"to-count", envelope_.recipients.size()},
                        {"size", draft_->length()},
                        {"client", envelope_.client_address},
                        {"with", envelope_.protocol},
                        {"account", envelope_.account}});
  count(Metric::SmtpAccepted, word(service_));
  count(Metric::SmtpAcceptedBytes, "",
        static_cast<std::uint64_t>(draft_->length()));
  observe(Metric::SmtpAcceptTime, steady_time() - begun_);
  scheduler_.announce(draft_->id());
  return {250, "2.0.0", "Ok: queued as " + draft_->id()};
}

}  // namespace mail::intake
