// Destinations: where domains' mail goes, asked of the senders and remembered.
//
// What waits for an answer waits here; accounts take turns with their
// questions, and none has more of them out than could still be asked: so one
// with a thousand domains whose DNS is slow does not delay another's one.  An answer is remembered for its time to live, at least
// some seconds and at most an hour; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "deliver/consignment.h"
#include "deliver/errand.h"

namespace mail::deliver {

class Destinations {
 public:
  Destinations();

  // What is known of a domain now; until the next call.
  const Found* find(const std::string& domain, Micros now);

  // It is not known: waits for it.
  void wait(const std::string& domain, Consignment consignment);

  // The next question for a sender; nothing while enough are out.
  std::optional<Lookup> next();
  // It is on its way to that sender.
  void sent(std::size_t sender);

  // An answer: what waited for it.
  std::vector<Consignment> take(Found found, Micros now);

  // The sender died: its questions are to be asked again.
  void died(std::size_t sender);

  std::vector<Consignment> withdraw(const Messages& messages);

 private:
  struct Known {
    Found found;
    Micros until = 0;
  };
  struct Question {
    std::string domain;
    std::size_t sender = 0;
    std::uint64_t account = 0;
  };
  // The domains that an account waits for and nobody has asked for.
  struct Asker {
    std::deque<std::string> order;
    std::set<std::string> all;
  };
  // What was asked has come back, or is lost: it counts no more.
  Question end(std::map<std::uint64_t, Question>::iterator asked);
  void want(std::uint64_t account, const std::string& domain);
  void make_room(Micros now);

  std::map<std::string, Known> known_;
  std::map<std::string, std::vector<Consignment>> waiting_;
  std::map<std::uint64_t, Asker> askers_;  // by account
  std::deque<std::uint64_t> turns_;        // of those
  std::set<std::string> out_;              // domains that are asked for
  std::map<std::uint64_t, Question> asked_;
  std::map<std::uint64_t, std::size_t> shares_;  // of those, by account
  std::uint64_t number_;
};

}  // namespace mail::deliver
