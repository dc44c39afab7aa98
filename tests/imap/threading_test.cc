#include "imap/threading.h"

#include <gtest/gtest.h>

#include <random>

namespace mail::imap {
namespace {

// "a<b,c 7 Re": id a, refers to b and c, subject 7, a reply.
store::Reference message(std::uint64_t id, std::vector<std::uint64_t> to,
                         std::uint64_t subject = 0, bool reply = false) {
  return {0, reply, id, subject, std::move(to)};
}

std::string text(const Forest& forest, Node node) {
  std::string out =
      forest.is_message(node) ? std::to_string(node + 1) : std::string("-");
  for (std::uint32_t i = 0; i < forest.children(node); ++i) {
    out += i == 0 ? "(" : " ";
    out += text(forest, forest.child(node, i));
  }
  return forest.children(node) > 0 ? out + ')' : out;
}

std::string text(const Forest& forest) {
  std::string out;
  for (const Node root : forest.roots()) {
    out += (out.empty() ? "" : " ") + text(forest, root);
  }
  return out;
}

// Sent in the order they stand in.
std::string threads(const std::vector<store::Reference>& messages) {
  std::vector<std::uint32_t> dates(messages.size());
  for (std::uint32_t i = 0; i < dates.size(); ++i) dates[i] = i;
  return text(by_references(messages, dates));
}

TEST(ThreadingTest, LinksAnswersBelowWhatTheyAnswer) {
  EXPECT_EQ(threads({message(1, {}), message(2, {1}), message(3, {1, 2}),
                     message(4, {1}), message(5, {})}),
            "1(2(3) 4) 5");
}

TEST(ThreadingTest, AnswersMayStandBeforeWhatTheyAnswer) {
  EXPECT_EQ(threads({message(3, {1, 2}), message(2, {1}), message(1, {})}),
            "3(2(1))");
}

TEST(ThreadingTest, MissingMessagesHoldSiblingsTogether) {
  EXPECT_EQ(threads({message(2, {1}), message(3, {1})}), "-(1 2)");
  // An only child needs no dummy, nor does one below a message.
  EXPECT_EQ(threads({message(2, {1})}), "1");
  EXPECT_EQ(threads({message(1, {}), message(3, {1, 2}), message(4, {1, 2})}),
            "1(2 3)");
  // Dummies above dummies are one.
  EXPECT_EQ(threads({message(4, {1, 2}), message(5, {1, 3})}), "-(1 2)");
}

TEST(ThreadingTest, TruncatedReferencesDoNotUndoLinks) {
  EXPECT_EQ(threads({message(1, {}), message(2, {1}), message(3, {2}),
                     message(4, {1, 3})}),
            "1(2(3(4)))");
}

TEST(ThreadingTest, TheLastReferenceIsTheParent) {
  // 1.B breaks the link that message 2's references made for message 3.
  EXPECT_EQ(threads({message(1, {}), message(2, {1, 3}), message(3, {})}),
            "1 3(2)");
}

TEST(ThreadingTest, MakesNoLoops) {
  EXPECT_EQ(threads({message(1, {1})}), "1");
  EXPECT_EQ(threads({message(1, {2}), message(2, {1})}), "2(1)");
  EXPECT_EQ(threads({message(1, {3}), message(2, {1}), message(3, {2})}),
            "3(1(2))");
}

TEST(ThreadingTest, AnIdBelongsToTheFirstThatHasIt) {
  EXPECT_EQ(threads({message(1, {}), message(1, {}), message(2, {1})}),
            "1(3) 2");
  EXPECT_EQ(threads({message(0, {}), message(0, {})}), "1 2");
}

TEST(ThreadingTest, GathersRootsOfOneSubject) {
  // An answer without references goes below what it answers.
  EXPECT_EQ(threads({message(1, {}, 7), message(2, {}, 7, true)}), "1(2)");
  EXPECT_EQ(threads({message(1, {}, 7, true), message(2, {}, 7)}), "2(1)");
  // Equals become siblings.
  EXPECT_EQ(threads({message(1, {}, 7), message(2, {}, 7), message(3, {}, 7)}),
            "-(1 2 3)");
  EXPECT_EQ(threads({message(1, {}, 7, true), message(2, {}, 7, true)}),
            "-(1 2)");
  // A dummy takes the others as children, and the children of a dummy.
  EXPECT_EQ(threads({message(2, {1}, 7), message(3, {1}, 7), message(4, {}, 7),
                     message(6, {5}, 7), message(7, {5}, 7)}),
            "-(1 2 3 4 5)");
  EXPECT_EQ(threads({message(1, {}, 0), message(2, {}, 0)}), "1 2");
}

TEST(ThreadingTest, SortsSiblingsBySentDate) {
  const std::vector<store::Reference> messages = {
      message(2, {1}), message(3, {1}), message(4, {}), message(5, {4}),
      message(6, {4})};
  EXPECT_EQ(text(by_references(messages, {4, 3, 2, 1, 0})), "3(5 4) -(2 1)");
}

TEST(ThreadingTest, OrderedSubjectKnowsNoGrandchildren) {
  EXPECT_EQ(text(by_subject({7, 8, 7, 7, 9}, {0, 1, 4, 3, 2})), "1(4 3) 2 5");
}

TEST(ThreadingTest, EqualRanksAreToldApartByTheOrderOfTheMailbox) {
  EXPECT_EQ(distinct({5, 2, 5, 2}), (std::vector<std::uint32_t>{2, 0, 3, 1}));
}

// Every message is in the forest once, whatever refers to what.
TEST(ThreadingTest, LosesNoMessage) {
  std::mt19937 random(1);
  const auto pick = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(random() % below);
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<store::Reference> messages;
    std::vector<std::uint32_t> dates;
    const std::uint32_t size = 1 + pick(20);
    for (std::uint32_t i = 0; i < size; ++i) {
      std::vector<std::uint64_t> to;
      while (pick(3) != 0) to.push_back(1 + pick(25));
      messages.push_back(message(pick(22), to, pick(4), pick(2) == 0));
      dates.push_back(pick(10));
    }
    const Forest forest = by_references(messages, distinct(dates));
    std::vector<int> seen(size, 0);
    std::vector<Node> left = forest.roots();
    while (!left.empty()) {
      const Node node = left.back();
      left.pop_back();
      if (forest.is_message(node)) ++seen[node];
      for (std::uint32_t i = 0; i < forest.children(node); ++i) {
        left.push_back(forest.child(node, i));
      }
    }
    EXPECT_EQ(seen, std::vector<int>(size, 1));
  }
}

TEST(ThreadingTest, TakesDeepThreads) {
  std::vector<store::Reference> messages;
  std::vector<std::uint32_t> dates;
  for (std::uint32_t i = 1; i <= 100'000; ++i) {
    messages.push_back(message(i, {i + 1}));
    dates.push_back(i);
  }
  EXPECT_EQ(by_references(messages, dates).roots().size(), 1u);
}

}  // namespace
}  // namespace mail::imap
