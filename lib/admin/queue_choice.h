// QueueChoice: which messages a queue command is about.
//
// Declares the filters every such command has, and goes through what matches:
// what waits, read in queue.db, and what is in hand, as the scheduler says,
// where one runs.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "admin/context.h"
#include "spool/queue_control.h"
#include "spool/queue_filter.h"

namespace mail::admin {

class QueueChoice {
 public:
  explicit QueueChoice(Context& context) : context_(context) {}

  void declare(Options& command);
  void declare_ids(Options& command);  // as arguments

  void only(const std::string& id) { ids_ = {id}; }

  // Whether any filter was given.
  bool given() const;
  bool names_messages() const { return !ids_.empty() || !more_ids_.empty(); }
  std::set<std::string> named() const;
  // Whether nothing else was given.
  bool names_only() const;

  // Exit 64 for what cannot be read.
  spool::QueueFilter filter();

  // Oldest first.
  void each(const std::function<void(const spool::QueueMessage&)>& use);

  // What a command ends with that has looked: 0, or 75 when each() could not
  // see all there is, and has said so.
  int outcome() const;

 private:
  void missed(const std::string& why);
  bool any_new();

  Context& context_;
  bool missed_ = false;
  std::vector<std::string> ids_;
  std::vector<std::string> more_ids_;
  spool::QueueFilter filter_;
  std::string account_;
  std::string older_;
  std::string newer_;
};

}  // namespace mail::admin
