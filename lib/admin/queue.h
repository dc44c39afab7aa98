// mailctl queue ...: what waits in the spool, and what is to become of it.
#pragma once

#include <string>

#include "admin/context.h"
#include "admin/queue_choice.h"
#include "spool/queue_control.h"

namespace mail::admin {

class QueueCommands {
 public:
  QueueCommands(Options& options, Context& context);

 private:
  void declare_change(Options& queue, spool::QueueVerb verb,
                      const std::string& meaning);
  int list();
  int count();
  int show();
  int shape();
  int change(spool::QueueVerb verb);
  // What a change is about.
  struct Chosen {
    std::vector<spool::QueueTarget> targets;
    std::vector<std::string> would;  // of what rests: ids it would change
    std::int64_t in_hand = 0;        // to which it may be done as well
    bool all_found = true;           // of those that were named
  };
  Chosen choose(spool::QueueVerb verb);
  int say_what_would_be(spool::QueueVerb verb, const Chosen& chosen);
  // Headers, or the body.
  enum class Part { Headers, Body };
  int print_part(Part part);

  Context& context_;
  QueueChoice choice_;
  std::string id_;
  std::string by_ = "domain";
  bool all_ = false;
  bool dry_run_ = false;
};

}  // namespace mail::admin
