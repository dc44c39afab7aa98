// LimitTable: how many connections there are, counted by all processes.
//
// Shared memory made before the workers are forked: for each address and
// account a row with a column a process, so that what a dead process held is
// cleared with its column.  A robust mutex guards it: who dies inside leaves
// it usable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/server.h"

namespace mail::net {

class LimitTable {
 public:
  static constexpr int kColumns = 32;

  // Room for `most` connections and as many accounts.
  explicit LimitTable(int most);
  ~LimitTable();
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // The name of a row.  Keyed, so that peers cannot make rows collide.
  std::uint64_t key(std::string_view kind, std::string_view name) const;

  // One connection more in all; false when there are `most` already.
  bool connect(int column);
  void disconnect(int column);

  // One more in a row; false when there are `limit` already, or when the
  // table is full.
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

  int most_;
  std::size_t buckets_;
  std::size_t size_ = 0;
  std::string secret_;
  Memory* memory_ = nullptr;
  std::uint8_t* touched_ = nullptr;  // one a bucket: it has had rows
  Row* rows_ = nullptr;
};

}  // namespace mail::net
