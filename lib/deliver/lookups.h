// Lookups: questions where a domain's mail goes, in threads of their own.
//
// A domain whose servers do not answer costs a thread for as long as the
// resolver is patient; others are looked up beside it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/thread.h"
#include "deliver/errand.h"
#include "dns/resolver.h"

namespace mail::deliver {

class Lookups {
 public:
  using Tell = std::function<void(const Found&)>;

  // `tell` is called from these threads.
  Lookups(dns::Resolver& resolver, std::string hostname, Tell tell);
  // Waits for the questions that have been asked.
  ~Lookups();

  void add(Lookup lookup);

 private:
  void work();
  void answer(const Lookup& lookup);

  dns::Resolver& resolver_;
  std::string hostname_;
  Tell tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Lookup> waiting_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace mail::deliver
