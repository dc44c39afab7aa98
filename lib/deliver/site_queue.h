// SiteQueue: what waits for one site, fair between the accounts that send.
//
// Deficit round robin (Shreedhar and Varghese, 1995): accounts take turns of
// one message each, and what is large or has many recipients costs several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "deliver/consignment.h"

namespace mail::deliver {

class SiteQueue {
 public:
  void add(Consignment consignment);

  // In front of what its account has.
  void put_back(Consignment consignment);

  // Of an account that may send now; nothing when none may.
  using May = std::function<bool(std::uint64_t account)>;
  std::optional<Consignment> next(const May& may);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  std::vector<Consignment> take_all();
  // Takes those of these messages out.
  std::vector<Consignment> withdraw(const Messages& messages);
  // Those of these messages come before all else their accounts have.
  void hurry(const Messages& messages);

 private:
  struct Flow {
    std::deque<Consignment> waiting;
    std::int64_t deficit = 0;
  };
  Flow& flow_of(const Consignment& consignment);

  std::map<std::uint64_t, Flow> flows_;  // by account
  std::deque<std::uint64_t> turns_;      // those with something waiting
  std::size_t size_ = 0;
};

}  // namespace mail::deliver
