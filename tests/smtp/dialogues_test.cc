// Plays tests/dialogues/smtp against the session without sockets.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>

#include "base/base64.h"
#include "tests/support/dialogue.h"
#include "tests/support/smtp_house.h"

namespace mail {
namespace {

class SmtpPeer : public DialoguePeer {
 public:
  explicit SmtpPeer(std::unique_ptr<SessionDriver> driver)
      : driver_(std::move(driver)), text_(driver_->greet()) {}

  void send(std::string_view bytes) override { text_ += driver_->send(bytes); }
  std::optional<std::string> line() override {
    const std::size_t end = text_.find("\r\n");
    if (end == text_.npos) return {};
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 2);
    return line;
  }
  void start_tls() override { EXPECT_TRUE(driver_->secure()); }
  bool closed() override { return driver_->closed() && text_.empty(); }

 private:
  std::unique_ptr<SessionDriver> driver_;
  std::string text_;
};

std::string listener_for(const std::string& path) {
  const auto name = std::filesystem::path(path).filename().string();
  for (const std::string listener : {"lmtp", "submission"}) {
    if (name.starts_with(listener)) return listener;
  }
  return "smtp";
}

struct SmtpDialogueTest : testing::TestWithParam<std::string> {};

TEST_P(SmtpDialogueTest, GoesAsWritten) {
  SmtpHouse house;
  const DialogueNames names = {
      {"HOSTNAME", "mail.example.test"},
      {"PLAIN",
       base64_encode(std::string("\0alice@example.test\0secret", 26))},
      {"WRONG",
       base64_encode(std::string("\0alice@example.test\0hidden", 26))}};
  const std::string listener = listener_for(GetParam());
  const auto steps = read_dialogue(GetParam(), names);
  EXPECT_EQ(play(steps, [&] {
              return std::make_unique<SmtpPeer>(house.connect(listener));
            }), "");
}

INSTANTIATE_TEST_SUITE_P(
    Files, SmtpDialogueTest,
    testing::ValuesIn(dialogues_in("tests/dialogues/smtp")),
    [](const auto& tested) {
      auto name = std::filesystem::path(tested.param).stem().string();
      std::ranges::replace(name, '-', '_');
      return name;
    });

}  // namespace
}  // namespace mail
