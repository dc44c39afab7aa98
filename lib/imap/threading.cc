// Parents are numbers in one array; a tree of children is made at the end
// only.  Nothing here recurses: a thread may be as deep as it is long.
#include "imap/threading.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mail::imap {
namespace {

constexpr Node kRoot = Forest::kRoot;
constexpr Node kGone = Forest::kGone;

// Links that would need a longer look for loops are not made.
constexpr int kDeepest = 10'000;

std::vector<Node> in_order_of(const std::vector<std::uint32_t>& ranks) {
  std::vector<std::uint64_t> keys(ranks.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = std::uint64_t{ranks[i]} << 32 | i;
  }
  std::ranges::sort(keys);
  std::vector<Node> order(keys.size());
  std::ranges::transform(keys, order.begin(), [](std::uint64_t key) {
    return static_cast<Node>(key);
  });
  return order;
}

// Steps 1 to 3: nodes and their parents.  Messages come first, then dummies.
class Links {
 public:
  explicit Links(const std::vector<store::Reference>& messages);

  // The parents when dummies in between are gone: a message, a dummy among
  // the roots that has several children, or kRoot.
  std::vector<Node> pruned();

 private:
  Node named(std::uint64_t id);
  bool link(Node parent, Node child);
  void add(Node message, const store::Reference& what);
  Node ancestor(Node node);

  std::uint32_t messages_;
  std::unordered_map<std::uint64_t, Node> ids_;
  std::vector<Node> parents_;
  std::vector<bool> has_children_;
};

Links::Links(const std::vector<store::Reference>& messages)
    : messages_(static_cast<std::uint32_t>(messages.size())),
      parents_(messages.size(), kRoot),
      has_children_(messages.size()) {
  ids_.reserve(messages.size() * 2);
  // The first message of an id has it.
  for (Node i = 0; i < messages_; ++i) {
    if (messages[i].id != 0) ids_.try_emplace(messages[i].id, i);
  }
  for (Node i = 0; i < messages_; ++i) add(i, messages[i]);
}

Node Links::named(std::uint64_t id) {
  const auto [at, made] =
      ids_.try_emplace(id, static_cast<Node>(parents_.size()));
  if (made) {
    parents_.push_back(kRoot);
    has_children_.push_back(false);
  }
  return at->second;
}

// Unless that would make a loop.
bool Links::link(Node parent, Node child) {
  if (parent == child) return false;
  if (has_children_[child]) {
    int steps = 0;
    for (Node up = parent; up != kRoot; up = parents_[up]) {
      if (up == child || ++steps > kDeepest) return false;
    }
  }
  parents_[child] = parent;
  has_children_[parent] = true;
  return true;
}

// 1.A and 1.B.
void Links::add(Node message, const store::Reference& what) {
  std::optional<Node> last;
  for (const std::uint64_t id : what.to) {
    const Node node = named(id);
    if (last && parents_[node] == kRoot) link(*last, node);
    last = node;
  }
  parents_[message] = kRoot;
  if (last) link(*last, message);
}

// The nearest message above, or else the topmost dummy.  Dummies on the way
// remember it.
Node Links::ancestor(Node node) {
  Node found = parents_[node];
  while (found != kRoot && found >= messages_ && parents_[found] != kRoot) {
    found = parents_[found];
  }
  for (Node up = parents_[node]; up != found && up != kRoot;) {
    up = std::exchange(parents_[up], found);
  }
  return found;
}

std::vector<Node> Links::pruned() {
  std::vector<Node> parents(parents_.size(), kGone);
  std::vector<std::uint32_t> children(parents_.size(), 0);
  for (Node i = 0; i < messages_; ++i) {
    parents[i] = ancestor(i);
    if (parents[i] != kRoot) ++children[parents[i]];
  }
  for (Node i = 0; i < messages_; ++i) {
    const Node parent = parents[i];
    if (parent == kRoot || parent < messages_) continue;
    if (children[parent] == 1) {
      parents[i] = kRoot;
    } else {
      parents[parent] = kRoot;
    }
  }
  return parents;
}

// Step 5: roots of one subject become one thread.
class SubjectGroups {
 public:
  SubjectGroups(const std::vector<store::Reference>& messages,
                std::vector<Node>& parents)
      : messages_(messages), parents_(parents) {}

  // `forest` is what the parents make.
  void gather(const Forest& forest);

 private:
  bool is_dummy(Node node) const { return node >= messages_.size(); }
  bool is_reply(Node node) const {
    return !is_dummy(node) && messages_[node].reply;
  }
  std::uint64_t subject(const Forest& forest, Node root) const {
    return messages_[is_dummy(root) ? forest.child(root, 0) : root].subject;
  }
  void merge(const Forest& forest, Node root, Node& chosen);

  const std::vector<store::Reference>& messages_;
  std::vector<Node>& parents_;
  std::unordered_map<std::uint64_t, Node> table_;
};

void SubjectGroups::gather(const Forest& forest) {
  for (const Node root : forest.roots()) {
    const std::uint64_t about = subject(forest, root);
    if (about == 0) continue;
    const auto [at, first] = table_.try_emplace(about, root);
    if (first || is_dummy(at->second)) continue;
    if (is_dummy(root) || (is_reply(at->second) && !is_reply(root))) {
      at->second = root;
    }
  }
  for (const Node root : forest.roots()) {
    const std::uint64_t about = subject(forest, root);
    if (about == 0 || parents_[root] != kRoot) continue;
    Node& chosen = table_.at(about);
    if (chosen != root) merge(forest, root, chosen);
  }
}

void SubjectGroups::merge(const Forest& forest, Node root, Node& chosen) {
  if (is_dummy(root) && is_dummy(chosen)) {
    for (std::uint32_t i = 0; i < forest.children(root); ++i) {
      parents_[forest.child(root, i)] = chosen;
    }
    parents_[root] = kGone;
  } else if (is_dummy(chosen) || (is_reply(root) && !is_reply(chosen))) {
    parents_[root] = chosen;
  } else {
    const auto dummy = static_cast<Node>(parents_.size());
    parents_.push_back(kRoot);
    parents_[root] = dummy;
    parents_[chosen] = dummy;
    chosen = dummy;
  }
}

}  // namespace

Forest::Forest(std::uint32_t messages, const std::vector<Node>& parents,
               const std::vector<std::uint32_t>& dates)
    : messages_(messages), begin_(parents.size() + 1, 0) {
  for (const Node parent : parents) {
    if (parent < parents.size()) ++begin_[parent + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  children_.resize(begin_.back());
  // A dummy comes with the first of its children.
  std::vector<std::uint32_t> filled(parents.size(), 0);
  for (const Node node : in_order_of(dates)) {
    const Node parent = parents[node];
    if (parent == kRoot) {
      roots_.push_back(node);
    } else {
      if (parent >= messages && filled[parent] == 0) roots_.push_back(parent);
      children_[begin_[parent] + filled[parent]++] = node;
    }
  }
}

std::vector<std::uint32_t> distinct(const std::vector<std::uint32_t>& ranks) {
  std::vector<std::uint32_t> out(ranks.size());
  std::uint32_t next = 0;
  for (const Node node : in_order_of(ranks)) out[node] = next++;
  return out;
}

Forest by_subject(const std::vector<std::uint32_t>& subjects,
                  const std::vector<std::uint32_t>& dates) {
  std::unordered_map<std::uint32_t, Node> first;
  std::vector<Node> parents(subjects.size(), kRoot);
  for (const Node node : in_order_of(dates)) {
    const auto [at, made] = first.try_emplace(subjects[node], node);
    if (!made) parents[node] = at->second;
  }
  return {static_cast<std::uint32_t>(subjects.size()), parents, dates};
}

Forest by_references(const std::vector<store::Reference>& messages,
                     const std::vector<std::uint32_t>& dates) {
  const auto size = static_cast<std::uint32_t>(messages.size());
  std::vector<Node> parents = Links(messages).pruned();
  SubjectGroups(messages, parents).gather(Forest(size, parents, dates));
  return {size, parents, dates};
}

}  // namespace mail::imap
