#include "deliver/worker_death.h"

#include <signal.h>

#include <vector>

#include "base/ascii.h"
#include "spool/fields.h"

namespace mail::deliver {

bool was_sudden(int signal) { return signal != 0 && signal != SIGTERM; }

bool speaks_against_message(int signal) {
  for (const int bad : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS}) {
    if (signal == bad) return true;
  }
  return false;
}

std::string to_packet(const WorkerDeath& death) {
  return spool::join_fields(std::vector<std::string>{
      std::to_string(death.worker), std::to_string(death.signal), death.id});
}

std::optional<WorkerDeath> parse_death(std::string_view packet) {
  const auto lines = spool::split_lines(packet);
  if (!lines || lines->front().size() != 3) return {};
  const auto& fields = lines->front();
  const auto worker = parse_number(fields[0]);
  const auto signal = parse_number(fields[1]);
  if (!worker || !signal) return {};
  return WorkerDeath{*worker, static_cast<int>(*signal), fields[2]};
}

}  // namespace mail::deliver
