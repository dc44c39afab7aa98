// Threading: puts messages into trees (RFC 5256, BASE.6.4.THREAD).
//
//   Threading threading;
//   for each message, in the order of the mailbox: threading.add(...)
//   const Forest forest = threading.by_references();
//
// A forest names messages by their place, from 0.  It holds them as children
// of parents, in order; a node above the messages is a dummy: siblings whose
// parent is not there.
#pragma once

#include <cstdint>
#include <vector>

#include "store/sort_key.h"

namespace mail::imap {

using Node = std::uint32_t;

// Children of each node, and the roots, in order.
class Forest {
 public:
  // Nodes below `messages` are messages.  `parents`: kRoot for roots, kGone
  // for what is not in the forest.  Siblings are in the order of `dates`, of
  // the messages, no two the same; dummies stand where their first child does.
  Forest(std::uint32_t messages, const std::vector<Node>& parents,
         const std::vector<std::uint32_t>& dates);

  static constexpr Node kRoot = UINT32_MAX;
  static constexpr Node kGone = UINT32_MAX - 1;

  bool is_message(Node node) const { return node < messages_; }
  const std::vector<Node>& roots() const { return roots_; }
  std::uint32_t children(Node node) const {
    return begin_[node + 1] - begin_[node];
  }
  Node child(Node node, std::uint32_t index) const {
    return children_[begin_[node] + index];
  }

 private:
  std::uint32_t messages_;
  std::vector<Node> roots_;
  std::vector<std::uint32_t> begin_;  // in children_, of each node
  std::vector<Node> children_;
};

// `subjects`: ranks of the base subjects; `dates`: as above.
Forest by_subject(const std::vector<std::uint32_t>& subjects,
                  const std::vector<std::uint32_t>& dates);

// By what messages refer to, in the order of the mailbox.
Forest by_references(const std::vector<store::Reference>& messages,
                     const std::vector<std::uint32_t>& dates);

// Ranks that may be the same, made different by the order of the mailbox.
std::vector<std::uint32_t> distinct(const std::vector<std::uint32_t>& ranks);

}  // namespace mail::imap
