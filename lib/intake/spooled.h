// Spooled: a message on its way into the spool.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "smtp/intake.h"
#include "spool/announcer.h"
#include "spool/spool.h"

namespace mail::intake {

class Spooled : public smtp::Incoming {
 public:
  // `envelope`: all that is known before the data.  `service`: whether the
  // header is completed (submission) or left as it is.
  Spooled(std::unique_ptr<spool::Draft> draft, spool::Envelope envelope,
          smtp::Service service, std::string hostname,
          spool::Announcer& scheduler);

  const std::string& id() const override { return draft_->id(); }
  void trace(std::string_view field) override;
  void write(std::string_view bytes) override { draft_->write(bytes); }
  smtp::Reply accept(const smtp::Facts& facts) override;

 private:
  std::unique_ptr<spool::Draft> draft_;
  spool::Envelope envelope_;
  smtp::Service service_;
  std::string hostname_;
  spool::Announcer& scheduler_;
  const Micros begun_ = steady_time();
};

}  // namespace mail::intake
