// mailctl site ..., suspend ..., resume ...: where mail goes, and may not go
// for a while.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "admin/context.h"
#include "spool/queue_reader.h"

namespace mail::admin {

// By name: as the scheduler knows them now, where one runs; those that
// queue.db remembers; and those that mail waits for.
using SiteMap = std::map<std::string, spool::QueueReader::Site, std::less<>>;
struct SitesNow {
  SiteMap sites;
  // For the exit status: 75 when the scheduler does not answer, which has been
  // said; they are as they were known before.
  int outcome = 0;
};
SitesNow sites_now(Context& context);

class SiteCommands {
 public:
  SiteCommands(Options& options, Context& context);

 private:
  using Kind = spool::Suspension::Kind;
  void declare_suspend(Options& parent, const std::string& word, Kind kind);
  void declare_resume(Options& parent, const std::string& word, Kind kind);
  int list();
  int show();
  int suspend(Kind kind);
  int resume(Kind kind);
  int list_suspended();
  std::string name_of(Kind kind);

  Context& context_;
  std::string name_;
  std::string time_ = "1d";
  std::string reason_;
};

}  // namespace mail::admin
