// LimitTable: how many connections there are, counted by all processes.
//
// Shared memory made before the workers are forked: for each address and
// account a row with a column a process, so that what a dead process held is
// cleared with its column.  A robust mutex guards it: who dies inside leaves
// it usable.  It says nothing about how many there may be: that is asked
// with each connection, so that processes of other settings share it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/server.h"

namespace mail::net {

class LimitTable {
 public:
  static constexpr int kColumns = 32;

  // Room for `most` connections and as many accounts; at most kMost.
  static constexpr int kMost = 1'000'000;
  explicit LimitTable(int most);
  ~LimitTable();
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // Makes room for `most` from now on, while others use it; never less.
  void grow(int most);

  // The name of a row.  Keyed, so that peers cannot make rows collide.
  std::uint64_t key(std::string_view kind, std::string_view name) const;

  // One connection more in all; false when there are `most` already.
  bool connect(int column, int most);
  void disconnect(int column);

  // One more in a row; false when there are `limit` already (of one process
  // 65,535), or when the table is full.
  bool take(int column, std::uint64_t key, int limit);
  void give(int column, std::uint64_t key);

  // Nothing is left of the process that had this column.
  void clear(int column);

  // Says that the process of this column accepts connections, or no more.
  void begin_accepting(int column);
  void end_accepting(int column);

  // Whether this process has clearly more connections than the others that
  // accept: then they should take the next ones.
  bool above_share(int column) const;

  // The same as end_accepting(), but only while another one accepts.
  bool leave_to_others(int column);

  int connections() const;

 private:
  struct Memory;
  struct Row;
  Row* find(std::uint64_t key) const;
  Row* find_or_make(std::uint64_t key);
  std::size_t bucket_of(std::uint64_t key) const;
  std::span<Row> rows_in(std::size_t bucket) const;
  void split(std::size_t bucket, std::size_t buckets);

  std::size_t size_ = 0;
  std::string secret_;
  Memory* memory_ = nullptr;
  std::uint8_t* touched_ = nullptr;  // one a bucket: it has had rows
  Row* rows_ = nullptr;
};

}  // namespace mail::net
