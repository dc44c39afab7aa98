// WorkerDeath: what queue-runner's parent tells the scheduler of a worker.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mail::deliver {

// In one packet.
struct WorkerDeath {
  std::size_t worker = 0;  // senders count on behind the delivery workers
  int signal = 0;
  std::string id;  // what it had announced
};

// Whether it ended otherwise than by itself or by SIGTERM, which it may get
// before it can heed it: when the configuration is read again.
bool was_sudden(int signal);

// Whether the signal says something about what the worker was looking at.
bool speaks_against_message(int signal);

std::string to_packet(const WorkerDeath& death);
std::optional<WorkerDeath> parse_death(std::string_view packet);

}  // namespace mail::deliver
