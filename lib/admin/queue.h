// mailctl queue ...: what waits in the spool, by asking the scheduler.
#pragma once

#include <string>
#include <vector>

#include "admin/context.h"
#include "spool/queue_control.h"

namespace mail::admin {

class QueueCommands {
 public:
  QueueCommands(Options& options, Context& context);

 private:
  void declare_change(Options& queue, const std::string& verb,
                      const std::string& meaning);
  int list();
  int show();
  int change(const std::string& verb);
  std::vector<std::string> chosen(spool::QueueClient& client);

  Context& context_;
  spool::QueueFilter filter_;
  std::vector<std::string> ids_;
  std::string id_;
  bool all_ = false;
  bool dry_run_ = false;
};

}  // namespace mail::admin
