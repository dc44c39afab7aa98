// Gauges: how much there is of what, for those who read the metrics.
#pragma once

#include <cstddef>

#include "deliver/sites.h"
#include "spool/queue_db.h"

namespace mail::deliver {

struct InHand {
  std::size_t arriving = 0;
  std::size_t active = 0;
};

void show_gauges(const InHand& in_hand, const spool::QueueDb::Tally& stored,
                 const Sites& sites);

}  // namespace mail::deliver
