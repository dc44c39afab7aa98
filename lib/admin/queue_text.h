// What mailctl says of a message in the queue.
#pragma once

#include "admin/output.h"
#include "spool/queue_control.h"

namespace mail::admin {

// Of `queue list`: the message, and of its recipients the first whose turn
// comes.
Record queue_row(const spool::QueueMessage& message);

// Of `queue show`: the same, each recipient, and what was tried.
Record queue_details(const spool::QueueMessage& message, Format format);

}  // namespace mail::admin
