#include "net/limit_table.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "base/digest.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/random.h"

namespace mail::net {
namespace {

// Rows whose key leads to the same bucket; a full one refuses.
constexpr std::size_t kBucket = 16;

// How far above its share a process may be before it leaves connections to
// others: small numbers are never even.
constexpr int kSlack = 4;

// For so many connections: addresses and accounts fill half of the rows.
std::size_t buckets_for(int most) {
  const int wanted = std::clamp(most, 64, LimitTable::kMost);
  return std::bit_ceil(static_cast<std::size_t>(wanted) * 4 / kBucket);
}

}  // namespace

struct LimitTable::Row {
  std::uint64_t key;
  std::uint16_t counts[kColumns];

  int sum() const {
    return std::accumulate(std::begin(counts), std::end(counts), 0);
  }
};

struct LimitTable::Memory {
  pthread_mutex_t mutex;
  std::atomic<int> connections[kColumns];
  std::atomic<bool> accepting[kColumns];
  std::atomic<std::size_t> buckets;  // a power of two; it only grows

  int sum() const {
    int all = 0;
    for (const auto& count : connections) all += count;
    return all;
  }
};

namespace {

// Holds a mutex that survives the death of its holder.
class Hold {
 public:
  explicit Hold(pthread_mutex_t& mutex) : mutex_(mutex) {
    const int result = pthread_mutex_lock(&mutex_);
    // Every change in the table is one number: it is whole at any time.
    if (result == EOWNERDEAD) pthread_mutex_consistent(&mutex_);
    require(result == 0 || result == EOWNERDEAD, "the limit table's mutex");
  }
  ~Hold() { pthread_mutex_unlock(&mutex_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

void make_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

}  // namespace

// Addresses are taken for the largest table: memory only for rows in use.  Of
// a memfd that holds with vm.overcommit_memory=2 too, which counts anonymous
// memory as a whole.
LimitTable::LimitTable(int most) : secret_(random_bytes(32)) {
  const std::size_t reserved = buckets_for(kMost);
  size_ = sizeof(Memory) + (reserved * kBucket) * sizeof(Row) + reserved;
  const Fd file(::memfd_create("limits", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.number(), static_cast<off_t>(size_)) != 0) {
    throw_errno("memory for limits");
  }
  void* space = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED,
                       file.number(), 0);
  if (space == MAP_FAILED) throw_errno("mmap for limits");
  memory_ = static_cast<Memory*>(space);  // zeros are its empty state
  rows_ = reinterpret_cast<Row*>(memory_ + 1);
  touched_ = reinterpret_cast<std::uint8_t*>(rows_ + reserved * kBucket);
  make_mutex(memory_->mutex);
  memory_->buckets = buckets_for(most);
}

LimitTable::~LimitTable() { ::munmap(memory_, size_); }

std::uint64_t LimitTable::key(std::string_view kind,
                              std::string_view name) const {
  const std::string hash =
      blake2b(std::string(kind) + '\0' + std::string(name), 16, secret_);
  std::uint64_t key;
  std::memcpy(&key, hash.data(), sizeof key);
  return key | 1;  // never 0, which means: no row
}

// A bucket becomes two, again and again: what belongs into the new one moves.
void LimitTable::grow(int most) {
  const Hold hold(memory_->mutex);
  const std::size_t wanted = buckets_for(most);
  for (std::size_t old = memory_->buckets; old < wanted; old *= 2) {
    for (std::size_t n = 0; n < old; ++n) {
      if (touched_[n] != 0) split(n, old);
    }
    memory_->buckets = old * 2;
  }
}

void LimitTable::split(std::size_t bucket, std::size_t buckets) {
  const auto fresh = rows_in(bucket + buckets);
  auto place = fresh.begin();
  for (Row& row : rows_in(bucket)) {
    const bool moves = (row.key >> 8 & buckets) != 0 && row.sum() > 0;
    if (!moves) continue;
    *place++ = std::exchange(row, {});
    touched_[bucket + buckets] = 1;
  }
}

bool LimitTable::connect(int column, int most) {
  const Hold hold(memory_->mutex);
  if (memory_->sum() >= most) return false;
  ++memory_->connections[column];
  return true;
}

void LimitTable::disconnect(int column) { --memory_->connections[column]; }

std::size_t LimitTable::bucket_of(std::uint64_t key) const {
  return (key >> 8) & (memory_->buckets - 1);
}

std::span<LimitTable::Row> LimitTable::rows_in(std::size_t bucket) const {
  return {rows_ + bucket * kBucket, kBucket};
}

LimitTable::Row* LimitTable::find(std::uint64_t key) const {
  const auto rows = rows_in(bucket_of(key));
  const auto found = std::ranges::find(rows, key, &Row::key);
  return found == rows.end() ? nullptr : &*found;
}

LimitTable::Row* LimitTable::find_or_make(std::uint64_t key) {
  if (Row* row = find(key)) return row;
  const std::size_t bucket = bucket_of(key);
  const auto rows = rows_in(bucket);
  const auto free = std::ranges::find_if(
      rows, [](const Row& row) { return row.key == 0 || row.sum() == 0; });
  if (free == rows.end()) return nullptr;
  touched_[bucket] = 1;
  free->key = key;
  return &*free;
}

bool LimitTable::take(int column, std::uint64_t key, int limit) {
  const Hold hold(memory_->mutex);
  Row* row = find_or_make(key);
  if (row == nullptr || row->sum() >= limit) return false;
  if (row->counts[column] == UINT16_MAX) return false;
  ++row->counts[column];
  return true;
}

void LimitTable::give(int column, std::uint64_t key) {
  const Hold hold(memory_->mutex);
  Row* row = find(key);
  if (row != nullptr && row->counts[column] > 0) --row->counts[column];
}

void LimitTable::clear(int column) {
  const Hold hold(memory_->mutex);
  memory_->accepting[column] = false;
  memory_->connections[column] = 0;
  for (std::size_t bucket = 0; bucket < memory_->buckets; ++bucket) {
    if (touched_[bucket] == 0) continue;
    for (Row& row : rows_in(bucket)) row.counts[column] = 0;
  }
}

void LimitTable::begin_accepting(int column) {
  memory_->accepting[column] = true;
}

void LimitTable::end_accepting(int column) {
  memory_->accepting[column] = false;
}

bool LimitTable::above_share(int column) const {
  // This one may have left them to others just now: it counts all the same.
  int workers = 0;
  int all = 0;
  for (int n = 0; n < kColumns; ++n) {
    if (!memory_->accepting[n] && n != column) continue;
    ++workers;
    all += memory_->connections[n];
  }
  if (workers < 2) return false;
  const int share = all / workers;
  return memory_->connections[column] > share + kSlack + share / 16;
}

bool LimitTable::leave_to_others(int column) {
  const Hold hold(memory_->mutex);
  for (int n = 0; n < kColumns; ++n) {
    if (n == column || !memory_->accepting[n]) continue;
    memory_->accepting[column] = false;
    return true;
  }
  return false;
}

int LimitTable::connections() const { return memory_->sum(); }

}  // namespace mail::net
