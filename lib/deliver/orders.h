// Orders: what administrators want of messages that are in hand.
//
// What no worker has is changed at once; what one has remembers the order as
// its wish, and follows it when it comes back.  The wish is on the disk as if
// it were followed: should nobody come back, it is.  Only what is to go back
// and may be in a mailbox here by now is tried once more instead: it arrives
// once all the same, and nobody is told that it did not.
#pragma once

#include <span>

#include "deliver/consignment.h"
#include "deliver/message.h"
#include "spool/queue_control.h"

namespace mail::deliver {

// What became of an order for one message.
enum class Followed { Yes, Later, No };

// `order.id` is the message's.  What was withdrawn of it before and is still
// Due is to be sent out again.
Followed follow(spool::QueueVerb verb, const spool::QueueTarget& order,
                Message& message);

// Expire or Bounce: it has failed, and its report is due.
void give_up(spool::StoredRecipient& row, spool::QueueVerb verb);

// A worker has said what became of it, and so it stands in `target`.
void come_back(Message& message, Target& target);

// Whether its sender is going to be told that it failed.
bool is_given_up(const Message& message, std::span<const std::size_t> targets);

// Whether nothing of this is to begin any more.
bool is_stopped(const Message& message, std::span<const std::size_t> targets);

}  // namespace mail::deliver
