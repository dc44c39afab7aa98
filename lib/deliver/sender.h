// Sender: the loop of a sender worker.
//
// Takes errands and lookups from its socket and hands them to threads, which
// answer by themselves.  Leaves on SIGTERM: messages that are going out may
// end, for up to 4 s; the scheduler repeats the rest.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/fd.h"
#include "config/settings.h"
#include "deliver/announcement.h"
#include "deliver/errand.h"
#include "deliver/lookups.h"
#include "deliver/slots.h"

namespace mail::deliver {

class Sender {
 public:
  struct Place {
    std::size_t number = 0;        // its announcement
    const Fd& socket;              // SOCK_SEQPACKET to the scheduler
    Announcements& announcements;
  };
  // What the files hold that the settings name: read before it is forked, so
  // that a mistake made in them later ends no sender.
  struct Files {
    relay::Passwords passwords;
    std::string records;  // dns::read_records()
  };
  // Opens all else it needs: the cage may close behind it.
  Sender(const config::Settings& settings, Files files, const Place& place);
  // Waits for its threads, which may wait for servers: a process that is to
  // end does so by _exit.
  ~Sender();

  // Until SIGTERM; says first that it has started.
  int run();

 private:
  void drain();
  bool receive();
  void take(ToSender message, Fd file);
  void tell(const FromSender& message) const;

  Place place_;
  std::unique_ptr<dns::Resolver> resolver_;
  net::TlsClient tls_;
  relay::TlsMemory memory_;
  relay::Passwords passwords_;
  relay::Tools tools_;
  Fd stop_;
  std::string buffer_;
  const std::uint64_t life_;
  Lookups lookups_;
  Slots slots_;
};

}  // namespace mail::deliver
