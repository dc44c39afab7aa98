// Bouncer: tells senders what became of their mail, through the spool.
//
// A report is made once, wherever the process dies.  Its spool id follows
// from the message's and the number of reports made before, and its envelope
// says what it settles.  The report is on the disk first; then the message is
// changed (rows, or its name goes); and only when that is on the disk as
// well, the report is delivered.  So whoever meets the message again after a
// crash either finds the report still lying there and recalls what it
// settles, or finds the message changed:
//
//   killed before the report is whole   nothing was told: it is made again
//   before the message is changed       recall(): settled, not tried again
//   before the report is delivered      it waits while subject() says so
//   later                               the message is not what it was
//
// The digest is keyed, so that nobody who knows an id knows its reports'.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deliver/bounce.h"
#include "deliver/message.h"
#include "spool/shelves.h"
#include "spool/spool.h"

namespace mail::deliver {

class Bouncer {
 public:
  struct Options {
    std::string spool;
    std::string hostname;
    std::string secret;                // the key of ids
    Micros delay_notice = 4 * kHour;   // 0: never
  };
  explicit Bouncer(Options options);

  // Tells the message's sender, in one report, all that is to be told now:
  // of targets that Failed, and were Delivered, Relayed or Expanded, which
  // become Done; and once, when it is late, of those that are Deferred.
  // Nothing is sent to the null sender or to who did not want it.  The id of
  // the report, which is on the disk; empty when there is none (and nothing
  // more to tell).  When it cannot be kept: throws, and nothing has changed.
  std::string report(Message& message, Micros now);

  // Settles what a report settles that a crash left behind.  Its id; empty
  // when there is none.  To be called before a message is tried.
  std::string recall(Message& message);

  // What a report is about.  While the message has not made more than
  // `number` reports, its change is not on the disk.
  struct Subject {
    std::string id;
    int number = 0;
  };
  std::optional<Subject> subject(const spool::Item& item) const;

 private:
  std::string id_for(const std::string& message, int number) const;
  bool is_late(const Message& message, Micros now) const;
  std::vector<Target*> news(Message& message, Micros now) const;
  std::string keep(Message& message, const Bounce& bounce,
                   const std::string& id);

  Options options_;
  spool::Shelves shelves_;
  spool::Writer writer_;
};

}  // namespace mail::deliver
