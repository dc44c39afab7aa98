// The tables of queue.db, as numbered migrations.
#pragma once

#include "db/database.h"

namespace mail::spool {

db::Steps queue_steps();

}  // namespace mail::spool
