// WorkerDeath: what queue-runner's parent tells the scheduler of a worker.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mail::deliver {

// In one packet.
struct WorkerDeath {
  std::size_t worker = 0;
  int signal = 0;
  std::string id;  // what it had announced
};
std::string to_packet(const WorkerDeath& death);
std::optional<WorkerDeath> parse_death(std::string_view packet);

}  // namespace mail::deliver
