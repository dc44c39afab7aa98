// Scheduler: decides what is delivered when, and remembers what is not done.
//
//   smtpd --ids--> arriving --> active --batches--> workers
//                                 |  all done: the spool name goes (Janitor)
//                                 |  not all: rows (Ledger), file to deferred/
//                  queue.db --due--+
//
// One thread, one loop; the only writer of queue.db.  It may die at any time:
// what it knows is in spool and queue.db.  What is in hand is bounded.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "deliver/admission.h"
#include "deliver/arrivals.h"
#include "deliver/bouncer.h"
#include "deliver/clock_watch.h"
#include "deliver/control.h"
#include "deliver/departures.h"
#include "deliver/due_pass.h"
#include "deliver/lanes.h"
#include "deliver/ledger.h"
#include "deliver/outbound.h"
#include "deliver/place.h"
#include "deliver/shares.h"
#include "deliver/timetable.h"
#include "deliver/worker_death.h"
#include "directory/directory.h"
#include "spool/hub.h"
#include "spool/queue_db.h"
#include "spool/shelves.h"

namespace mail::deliver {

class Scheduler : private QueueKeeper {
 public:
  // Opens and binds all it needs: the cage may close behind it.
  Scheduler(const config::Settings& settings, const Place& place,
            directory::Directory& directory);

  // Until SIGTERM.
  int run();

 private:
  // QueueKeeper (scheduler_control.cc).
  std::string next_in_hand(const std::string& after) override;
  std::optional<spool::QueueMessage> in_hand(const std::string& id) override;
  spool::QueueChange change(spool::QueueVerb verb,
                            const Targets& targets) override;
  void suspend(const spool::Suspension& suspension) override;
  bool resume(spool::Suspension::Kind kind, const std::string& name) override;
  RuleKeeper& rules() override;
  spool::QueueStatus status() override;
  std::optional<spool::SiteRow> next_site(const std::string& after) override;

  // Of what is in hand (scheduler_orders.cc).
  spool::QueueChange order(spool::QueueVerb verb, const Targets& targets);
  void wait_for_moves(const Targets& targets);
  void hurry_while(const std::function<bool()>& waits);
  void finish_removals();
  void recall(const Messages& messages);
  void go_on(Message& message);
  bool remove_now(Message& message);

  // The loop.
  void round();
  int patience();
  void watch_clock();
  void hear_parent();
  void timed_work();

  // Arriving.
  void hear_smtpd();
  void scan();
  void put_in_place(const std::string& id);
  void open_arrivals();
  void open_arrival(const std::string& id);
  void begin_new(const spool::Item& item);
  void condemn(const std::string& id, std::string_view why);
  bool busy_with(const std::string& id) const;

  // Delivering.
  bool take_due(const spool::DueRow& row);
  bool lies_ready(Message& message);
  void begin(std::unique_ptr<Message> message);
  void dispatch(Message& message);
  void start_batches();
  void take_answer(std::size_t lane);
  void worker_died(std::size_t lane, int signal, const std::string& id);
  void strike(Message& message);
  void finish(const Job& job, const ParcelResult& result);
  void account_gone(std::vector<Job> jobs);
  void mark_room(std::uint64_t account, bool full);
  void look_after_others();
  void hurry_others(const std::function<bool(const Target&)>& which);
  void try_others(Message& message);
  void tell_of_others(Message& message);

  // To other servers (scheduler_leaving.cc).
  void take_partings();
  void part(const Parting& parting);
  void sender_died(std::size_t sender, const WorkerDeath& death);
  void heed_suspensions();
  void drain();

  // Ending.
  void settle(Message& message);
  void tell_sender(Message& message);
  void store(Message& message);
  void stored(const std::string& id);
  void send_reports(const std::string& id);
  bool hold_back(const spool::Item& report);
  void swept();
  void forget(std::string id);

  const Lifetime lifetime_;
  const Micros retry_;  // to the second attempt
  directory::Directory& directory_;
  spool::Shelves shelves_;
  spool::QueueDb db_;
  Ledger ledger_{db_};
  DuePass due_{db_};
  Bouncer bouncer_;
  Admission admission_{db_};
  spool::Hub hub_;
  Control control_;
  Lanes lanes_;
  Outbound outbound_;
  const Fd& parent_;
  Fd stop_;
  ClockWatch clock_;

  Arrivals arrivals_;
  std::map<std::string, std::unique_ptr<Message>> active_;
  Shares<std::uint64_t> shares_;  // of the targets in hand, by account
  // Reports on a message, until its change is on the disk.
  std::map<std::string, std::vector<std::string>> reports_;

  Timetable next_;
  bool stopping_ = false;
  Departures departures_;  // last: its thread ends first
};

}  // namespace mail::deliver
