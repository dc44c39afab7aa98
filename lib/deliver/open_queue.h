// Opens queue.db; a damaged one is put aside and made anew, because mail must
// go on: what it knew of attempts is lost, and the files of the spool begin
// again (deliver/lost_rows.h).
#pragma once

#include <string>

#include "spool/queue_db.h"

namespace mail::deliver {

spool::QueueDb open_queue(const std::string& path);

}  // namespace mail::deliver
