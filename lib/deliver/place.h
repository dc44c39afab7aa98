// Place: what the scheduler is given of the processes around it.
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "base/fd.h"

namespace mail::deliver {

struct Place {
  std::span<const Fd> workers;  // our ends of their socket pairs
  const Fd& parent;             // where their deaths are told
  std::vector<uid_t> allowed;   // users of smtpd
  std::span<const Fd> senders = {};  // their numbers follow the workers'
};

}  // namespace mail::deliver
