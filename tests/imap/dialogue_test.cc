// Every dialogue of tests/dialogues/imap, against sessions without sockets.
#include "tests/support/dialogue.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/imap_site.h"

namespace mail::imap {
namespace {

// A session that is fed strings; its answers by lines.
class SessionPeer : public DialoguePeer {
 public:
  explicit SessionPeer(Site& site) : driver_(site.connect()) {
    text_ = driver_->greet();
  }
  void send(std::string_view bytes) override { text_ += driver_->send(bytes); }
  std::optional<std::string> line() override {
    // What others did is told when a watch fires: that takes a moment.
    for (int i = 0; i < 2000 && text_.empty() && !driver_->closed(); ++i) {
      if (driver_->awake()) text_ += driver_->woken();
      if (text_.empty()) usleep(1000);
    }
    const std::size_t end = text_.find("\r\n");
    if (end == text_.npos) return {};
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 2);
    return line;
  }
  void start_tls() override {
    if (!driver_->secure()) throw std::runtime_error("no TLS was begun");
  }
  bool closed() override { return driver_->closed(); }

 private:
  std::unique_ptr<SessionDriver> driver_;
  std::string text_;
};

TEST(DialoguesTest, ImapSessionsHoldTheirSide) {
  const auto files = dialogues_in("tests/dialogues/imap");
  EXPECT_GE(files.size(), 10u);
  for (const std::string& file : files) {
    Site site;
    const auto steps = read_dialogue(file, {{"alice", "alice"},
                                            {"bob", "bob"},
                                            {"password", "secret"},
                                            {"plain", "AGFsaWNlAHNlY3JldA=="}});
    EXPECT_EQ(play(steps, [&] { return std::make_unique<SessionPeer>(site); }),
              "")
        << file;
  }
}

}  // namespace
}  // namespace mail::imap
