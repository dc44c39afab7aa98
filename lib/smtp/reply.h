// An SMTP reply: three digits, an optional enhanced code, and text.
//
//   Reply(550, "5.1.1", "No such mailbox").wire()
//     == "550 5.1.1 No such mailbox\r\n"
//
// Text may hold several lines; wire() gives each its own prefix, as RFC 5321
// section 4.2.1 asks, and drops control characters so that nothing a peer sent
// us can start a line of its own.
#pragma once

#include <string>
#include <string_view>

namespace mail::smtp {

class Reply {
 public:
  Reply(int code, std::string_view text) : Reply(code, "", text) {}
  Reply(int code, std::string_view enhanced, std::string_view text);

  int code() const { return code_; }
  // "5.1.1", or empty.
  const std::string& enhanced() const { return enhanced_; }
  bool positive() const { return code_ < 400; }
  const std::string& text() const { return text_; }

  // The bytes to send, ending in CRLF.
  std::string wire() const;

 private:
  int code_;
  std::string enhanced_;
  std::string text_;      // lines separated by '\n'
};

}  // namespace mail::smtp
