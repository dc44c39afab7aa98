// Desk: what smtpd decides about mail, and where it puts it.
//
// The Intake of all sessions of a worker; any number of threads.  Relays only
// for users and for listed networks; knows its recipients from the directory;
// writes to the spool, and tells the scheduler.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/settings.h"
#include "directory/directory.h"
#include "dns/resolver.h"
#include "intake/client_names.h"
#include "intake/networks.h"
#include "smtp/intake.h"
#include "spool/announcer.h"
#include "spool/spool.h"

namespace mail::intake {

class Desk : public smtp::Intake {
 public:
  // All outlive the desk.
  struct Parts {
    const config::Settings& settings;
    directory::Directory& directory;
    dns::Resolver& resolver;
    spool::Writer& spool;
    spool::Announcer& scheduler;
    const Clock& clock;
  };
  explicit Desk(const Parts& parts);

  std::string client_name(const smtp::Client& client) override;
  bool is_trusted(const smtp::Client& client) const override;
  smtp::Reply sender(const smtp::Client& client,
                     const smtp::Sender& sender) override;
  smtp::Reply recipient(const smtp::Client& client,
                        const smtp::Transaction& transaction,
                        const smtp::Recipient& recipient) override;
  std::unique_ptr<smtp::Incoming> begin(
      const smtp::Client& client,
      const smtp::Transaction& transaction) override;

 private:
  bool may_relay(const smtp::Client& client) const;
  bool is_active(std::uint64_t account) const;
  smtp::Reply local_recipient(std::string_view address, std::int64_t size);
  enum class Fit { Yes, NotNow, Never };
  Fit fit(const directory::Destination& end, std::int64_t size);
  std::string full_address(const smtp::Recipient& recipient) const;

  Parts parts_;
  Networks relay_networks_;
  ClientNames names_;
};

}  // namespace mail::intake
