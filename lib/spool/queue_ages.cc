#include "spool/queue_ages.h"

namespace mail::spool {
namespace {

std::size_t bucket_of(Micros age) {
  std::size_t bucket = 0;
  while (bucket + 1 < QueueAges::kBuckets && age > QueueAges::bound(bucket)) {
    ++bucket;
  }
  return bucket;
}

std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

}  // namespace

Micros QueueAges::bound(std::size_t bucket) { return 5 * kMinute << bucket; }

void AgeTable::add(const QueueMessage& message) {
  const std::size_t bucket = bucket_of(now_ - message.arrived);
  for (const auto& recipient : message.all) {
    const std::string key = by_ == AgesBy::Site     ? recipient.site
                            : by_ == AgesBy::Sender ? domain_of(message.sender)
                                                : domain_of(recipient.address);
    QueueAges& one = rows_[key];
    ++one.all;
    ++one.by_age[bucket];
  }
}

}  // namespace mail::spool
