#include "deliver/site_queue.h"

#include <algorithm>

namespace mail::deliver {
namespace {

// What a small message costs: at a slow server a turn of several would be long.
constexpr std::int64_t kQuantum = 1;

std::int64_t cost_of(const Consignment& consignment) {
  return 1 + consignment.message->size / (256 << 10) +
         static_cast<std::int64_t>(consignment.targets.size()) / 10;
}

}  // namespace

SiteQueue::Flow& SiteQueue::flow_of(const Consignment& consignment) {
  const std::uint64_t account = consignment.message->account;
  const auto [flow, fresh] = flows_.try_emplace(account);
  if (fresh) turns_.push_back(account);
  ++size_;
  return flow->second;
}

void SiteQueue::add(Consignment consignment) {
  auto& waiting = flow_of(consignment).waiting;
  waiting.push_back(std::move(consignment));
}

void SiteQueue::put_back(Consignment consignment) {
  Flow& flow = flow_of(consignment);
  flow.deficit += cost_of(consignment);
  flow.waiting.push_front(std::move(consignment));
}

std::optional<Consignment> SiteQueue::next(const May& may) {
  std::size_t passed = 0;  // in a row, because they may not
  while (passed < turns_.size()) {
    const std::uint64_t account = turns_.front();
    Flow& flow = flows_.at(account);
    if (flow.waiting.empty()) {
      flows_.erase(account);
      turns_.pop_front();
      continue;
    }
    if (!may(account)) {
      turns_.pop_front();
      turns_.push_back(account);
      ++passed;
      continue;
    }
    passed = 0;
    const std::int64_t cost = cost_of(flow.waiting.front());
    if (flow.deficit < cost) flow.deficit += kQuantum;
    turns_.pop_front();
    turns_.push_back(account);
    if (flow.deficit < cost) continue;
    flow.deficit -= cost;
    Consignment consignment = std::move(flow.waiting.front());
    flow.waiting.pop_front();
    --size_;
    return consignment;
  }
  return {};
}

std::vector<Consignment> SiteQueue::take_all() {
  std::vector<Consignment> all;
  for (auto& [account, flow] : flows_) {
    std::ranges::move(flow.waiting, std::back_inserter(all));
  }
  flows_.clear();
  turns_.clear();
  size_ = 0;
  return all;
}

std::vector<Consignment> SiteQueue::withdraw(const Messages& messages) {
  std::vector<Consignment> out;
  for (auto& [account, flow] : flows_) {
    std::erase_if(flow.waiting, [&](Consignment& one) {
      if (!messages.contains(one.message)) return false;
      out.push_back(std::move(one));
      return true;
    });
  }
  size_ -= out.size();
  return out;
}

void SiteQueue::hurry(const Messages& messages) {
  for (auto& [account, flow] : flows_) {
    std::ranges::stable_partition(flow.waiting, [&](const Consignment& one) {
      return messages.contains(one.message);
    });
  }
}

}  // namespace mail::deliver
