#include "tests/support/abnf.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

#include "base/ascii.h"

namespace mail {

constexpr std::size_t kUnbounded = 1'000'000;
constexpr int kDeepest = 12;               // below it: the lowest alternative
constexpr std::size_t kMoreThanLeast = 3;  // repetitions that are derived

// Recursive descent over the text of a grammar.
class AbnfReader {
 public:
  AbnfReader(Abnf& grammar, std::string_view text) : out_(grammar) {
    for (std::string_view line : split(text, '\n')) {
      line = line.substr(0, line.find("; "));
      const bool goes_on = line.starts_with(' ');
      if (!goes_on) finish_rule();
      rest_of_rule_ += std::string(line) + ' ';
    }
    finish_rule();
  }

 private:
  void finish_rule() {
    rest_ = rest_of_rule_;
    skip();
    if (rest_.empty() || rest_.starts_with(';')) return rest_of_rule_.clear();
    const std::string name = word();
    skip();
    expect('=');
    const std::size_t body = choice();
    if (!rest_.empty()) throw std::runtime_error("grammar: " + name);
    out_.rules_[name] = body;
    rest_of_rule_.clear();
  }

  std::size_t add(Abnf::Node node) {
    out_.nodes_.push_back(std::move(node));
    return out_.nodes_.size() - 1;
  }

  std::size_t choice() {
    Abnf::Node node{.kind = Abnf::Kind::Choice};
    do {
      node.children.push_back(sequence());
    } while (take('/'));
    return node.children.size() == 1 ? node.children.front() : add(node);
  }

  std::size_t sequence() {
    Abnf::Node node;
    for (skip(); !rest_.empty() && std::string_view("/)]").find(rest_[0]) ==
                                       std::string_view::npos;
         skip()) {
      node.children.push_back(repetition());
    }
    return add(node);
  }

  std::size_t repetition() {
    Abnf::Node node{.kind = Abnf::Kind::Repeat, .least = 1, .most = 1};
    const auto least = number();
    if (take('*')) {
      node.least = least.value_or(0);
      node.most = number().value_or(kUnbounded);
    } else if (least) {
      node.least = node.most = *least;
    } else {
      return element();
    }
    node.children.push_back(element());
    return add(node);
  }

  std::size_t element() {
    if (take('(')) return closed(')');
    if (take('[')) {
      Abnf::Node node{.kind = Abnf::Kind::Repeat, .least = 0, .most = 1};
      node.children.push_back(closed(']'));
      return add(node);
    }
    if (take('"')) {
      Abnf::Node node{.kind = Abnf::Kind::Text};
      node.text = lower(rest_.substr(0, rest_.find('"')));
      rest_.remove_prefix(node.text.size() + 1);
      return add(node);
    }
    if (rest_.starts_with("%x")) return range();
    if (take('<')) {
      Abnf::Node node{.kind = Abnf::Kind::Literal};
      node.text = word();
      expect('>');
      return add(node);
    }
    Abnf::Node node{.kind = Abnf::Kind::Rule};
    node.text = word();
    return add(node);
  }

  std::size_t closed(char end) {
    const std::size_t inside = choice();
    expect(end);
    return inside;
  }

  std::size_t range() {
    rest_.remove_prefix(2);
    Abnf::Node node{.kind = Abnf::Kind::Range};
    node.first = node.last = octet();
    if (rest_.starts_with('-')) {
      rest_.remove_prefix(1);
      node.last = octet();
    }
    return add(node);
  }

  unsigned char octet() {
    unsigned char value = 0;
    std::from_chars(rest_.data(), rest_.data() + 2, value, 16);
    rest_.remove_prefix(2);
    return value;
  }

  std::optional<std::size_t> number() {
    std::size_t value = 0;
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return {};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string word() {
    std::size_t size = 0;
    while (size < rest_.size() &&
           (is_alpha(rest_[size]) || is_digit(rest_[size]) ||
            rest_[size] == '-')) {
      ++size;
    }
    if (size == 0) throw std::runtime_error("grammar: " + std::string(rest_));
    const std::string name(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return name;
  }

  void skip() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw std::runtime_error("grammar: " + std::string(rest_));
  }

  Abnf& out_;
  std::string rest_of_rule_;
  std::string_view rest_;
};

namespace {

class Maker {
 public:
  Maker(const std::vector<Abnf::Node>& nodes,
        const std::map<std::string, std::size_t>& rules, std::mt19937& random)
      : nodes_(nodes), rules_(rules), random_(random) {}

  void make(std::size_t at, int depth) {
    const Abnf::Node& node = nodes_[at];
    switch (node.kind) {
      case Abnf::Kind::Range:
        text +=
            static_cast<char>(node.first + pick(node.last - node.first + 1));
        return;
      case Abnf::Kind::Text:
        return word(node.text);
      case Abnf::Kind::Sequence:
        for (const std::size_t child : node.children) make(child, depth);
        return;
      case Abnf::Kind::Choice:
        return make(depth > kDeepest
                        ? lowest(node)
                        : node.children[pick(node.children.size())],
                    depth);
      case Abnf::Kind::Repeat:
        for (std::size_t n = times(node, depth); n > 0; --n) {
          make(node.children.front(), depth);
        }
        return;
      case Abnf::Kind::Rule:
        return make(rules_.at(node.text), depth + 1);
      case Abnf::Kind::Literal:
        return literal(node.text);
    }
  }

  std::string text;

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  std::size_t times(const Abnf::Node& node, int depth) {
    if (depth > kDeepest) return node.least;
    return std::min(node.most, node.least + pick(kMoreThanLeast + 1));
  }

  std::size_t lowest(const Abnf::Node& node) const {
    return *std::ranges::min_element(
        node.children, {}, [&](std::size_t c) { return nodes_[c].height; });
  }

  void word(std::string_view lower_case) {
    const std::size_t form = pick(3);  // upper, lower, mixed
    for (const char c : lower_case) {
      const bool up = form == 0 || (form == 2 && pick(2) == 0);
      text += up && is_alpha(c) ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }

  void literal(std::string_view kind) {
    static constexpr std::string_view kContents[] = {"",    "x",       "a b",
                                                     "(\"", "{3} abc", "INBOX"};
    const std::string content(kind.starts_with("message")
                                  ? "a: b\r\n\r\n(c\r\n"
                                  : kContents[pick(std::size(kContents))]);
    text += kind.ends_with('8') ? "~{" : "{";
    text += std::to_string(content.size());
    text += pick(2) ? "+}\r\n" : "}\r\n";
    text += content;
  }

  const std::vector<Abnf::Node>& nodes_;
  const std::map<std::string, std::size_t>& rules_;
  std::mt19937& random_;
};

// Where each node may end that begins at a place: all of them, found once.
class Matcher {
 public:
  using Ends = std::set<std::size_t>;

  Matcher(const std::vector<Abnf::Node>& nodes,
          const std::map<std::string, std::size_t>& rules,
          std::string_view text)
      : nodes_(nodes), rules_(rules), text_(text) {}

  const Ends& ends(std::size_t at, std::size_t begin) {
    const auto key = at * (text_.size() + 1) + begin;
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    Ends found = find(nodes_[at], begin);
    return known_[key] = std::move(found);
  }

 private:
  Ends find(const Abnf::Node& node, std::size_t begin) {
    switch (node.kind) {
      case Abnf::Kind::Range: {
        if (begin == text_.size()) return {};
        const auto c = static_cast<unsigned char>(text_[begin]);
        return c >= node.first && c <= node.last ? Ends{begin + 1} : Ends{};
      }
      case Abnf::Kind::Text:
        return has_prefix(text_.substr(begin), node.text)
                   ? Ends{begin + node.text.size()}
                   : Ends{};
      case Abnf::Kind::Sequence:
        return sequence(node, begin);
      case Abnf::Kind::Choice: {
        Ends all;
        for (const std::size_t child : node.children) {
          const Ends some = ends(child, begin);
          all.insert(some.begin(), some.end());
        }
        return all;
      }
      case Abnf::Kind::Repeat:
        return repeat(node, begin);
      case Abnf::Kind::Rule:
        return ends(rules_.at(node.text), begin);
      case Abnf::Kind::Literal:
        return literal(node, begin);
    }
    return {};
  }

  Ends step(std::size_t child, const Ends& from) {
    Ends to;
    for (const std::size_t begin : from) {
      const Ends some = ends(child, begin);
      to.insert(some.begin(), some.end());
    }
    return to;
  }

  Ends sequence(const Abnf::Node& node, std::size_t begin) {
    Ends at = {begin};
    for (const std::size_t child : node.children) at = step(child, at);
    return at;
  }

  Ends repeat(const Abnf::Node& node, std::size_t begin) {
    Ends all;
    Ends at = {begin};
    for (std::size_t n = 0; n <= node.most && !at.empty(); ++n) {
      if (n >= node.least) {
        const std::size_t before = all.size();
        all.insert(at.begin(), at.end());
        if (all.size() == before) break;
      }
      at = step(node.children.front(), at);
    }
    return all;
  }

  Ends literal(const Abnf::Node& node, std::size_t begin) {
    std::string_view rest = text_.substr(begin);
    const std::string_view mark = node.text.ends_with('8') ? "~{" : "{";
    if (!rest.starts_with(mark)) return {};
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest.data() + mark.size(),
                                              rest.data() + rest.size(), size);
    if (error != std::errc()) return {};
    auto place = static_cast<std::size_t>(end - text_.data());
    if (text_.substr(place).starts_with('+')) ++place;
    if (!text_.substr(place).starts_with("}\r\n")) return {};
    place += 3 + size;
    return place <= text_.size() ? Ends{place} : Ends{};
  }

  const std::vector<Abnf::Node>& nodes_;
  const std::map<std::string, std::size_t>& rules_;
  std::string_view text_;
  std::map<std::size_t, Ends> known_;
};

}  // namespace

Abnf::Abnf(std::string_view text) {
  AbnfReader(*this, text);
  measure();
}

// A rule is one higher than what it names; the rest is as high as what is in it
// (of a choice, the lowest).  Until nothing changes.
void Abnf::measure() {
  for (bool changed = true; changed;) {
    changed = false;
    for (Node& node : nodes_) {
      int height = node.kind == Kind::Choice ? 1000 : 0;
      for (const std::size_t child : node.children) {
        height = node.kind == Kind::Choice
                     ? std::min(height, nodes_[child].height)
                     : std::max(height, nodes_[child].height);
      }
      if (node.kind == Kind::Repeat && node.least == 0) height = 0;
      if (node.kind == Kind::Rule) {
        const auto rule = rules_.find(node.text);
        if (rule == rules_.end()) {
          throw std::runtime_error("grammar: no rule " + node.text);
        }
        height = std::min(1000, nodes_[rule->second].height + 1);
      }
      changed |= height < node.height;
      node.height = std::min(height, node.height);
    }
  }
}

std::string Abnf::derive(const std::string& rule, std::mt19937& random) const {
  Maker maker(nodes_, rules_, random);
  maker.make(rules_.at(rule), 0);
  return maker.text;
}

bool Abnf::derives(const std::string& rule, std::string_view text) const {
  return Matcher(nodes_, rules_, text)
      .ends(rules_.at(rule), 0)
      .contains(text.size());
}

}  // namespace mail
