// Batch: what the scheduler hands to a delivery worker, and what comes back.
//
// A batch is for one account and becomes one transaction.  Each is one packet
// of lines of fields (spool/fields.h) on a SOCK_SEQPACKET pair; a worker has
// one batch at a time, so batches grow only while it is busy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spool/shelves.h"

namespace mail::deliver {

inline constexpr std::size_t kMaxParcels = 256;
inline constexpr std::size_t kMaxDetails = 50;
inline constexpr std::size_t kMaxBatchPacket = 128 << 10;

// Which of `workers` owns an account.
std::size_t owner_of(std::uint64_t account, std::size_t workers);

// One message for the account.
struct Parcel {
  std::string id;
  spool::Shelf shelf = spool::Shelf::In;
  std::string address;               // for Delivered-To
  std::vector<std::string> details;  // subaddresses; "" is INBOX
};

struct Batch {
  std::uint64_t number = 0;
  std::uint64_t account = 0;
  std::int64_t quota = 0;           // its own, octets; 0: the usual one
  bool subaddress_mailboxes = false;
  std::vector<Parcel> parcels;      // none: only look whether there is room
};

enum class Outcome {
  Delivered,  // its rows are on the disk, now or since earlier
  OverQuota,  // at present
  NeverFits,  // it is larger than the whole quota
  Gone,       // no such spool file
  Damaged,    // the spool file is not what was committed
  Trouble,    // try again later
};

struct ParcelResult {
  Outcome outcome = Outcome::Trouble;
  std::string text;  // why not
};

struct BatchResult {
  std::uint64_t number = 0;  // 0: the worker has just started
  bool full = false;  // the account takes no more
  std::vector<ParcelResult> results;
  std::int64_t room = -1;  // octets; -1: no limit, or not known
};

std::string to_packet(const Batch& batch);
Result<Batch> parse_batch(std::string_view packet);
std::string to_packet(const BatchResult& result);
Result<BatchResult> parse_result(std::string_view packet);

}  // namespace mail::deliver
