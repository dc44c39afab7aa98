#include "intake/client_names.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "base/fault.h"
#include "tests/support/fake_resolver.h"

namespace mail::intake {
namespace {

// Answers nobody until it is let go.
class Tarpit : public dns::Resolver {
 public:
  dns::Answer<std::string> ask(std::string_view, dns::Type) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return {};
  }
  void wait_for(int questions) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_ >= questions; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  bool open_ = false;
};

TEST(ClientNamesTest, BelieveWhatBothSidesSay) {
  FakeResolver resolver(
      "1.2.0.192.in-addr.arpa PTR mx.example\n"
      "mx.example A 192.0.2.1\n"
      "2.2.0.192.in-addr.arpa PTR mx.example\n");
  ClientNames names(resolver);
  EXPECT_EQ(names.name_of("192.0.2.1"), "mx.example");
  EXPECT_EQ(names.name_of("192.0.2.2"), "");
  EXPECT_EQ(names.name_of("192.0.2.3"), "");
  const auto asked = resolver.asked().size();
  EXPECT_EQ(names.name_of("192.0.2.1"), "mx.example");
  EXPECT_EQ(resolver.asked().size(), asked);
}

// Whoever's name servers do not answer holds up himself, and not all threads.
TEST(ClientNamesTest, OneQuestionTooManyIsNotAsked) {
  Tarpit resolver;
  ClientNames names(resolver);
  std::vector<std::thread> threads;
  for (int n = 0; n < ClientNames::kAtOnce; ++n) {
    threads.emplace_back(
        [&, n] { names.name_of("192.0.2." + std::to_string(n)); });
  }
  resolver.wait_for(ClientNames::kAtOnce);
  EXPECT_EQ(names.name_of("198.51.100.1"), "");  // comes back at once
  resolver.let_go();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(names.name_of("198.51.100.1"), "");  // and is asked now
}

}  // namespace
}  // namespace mail::intake
