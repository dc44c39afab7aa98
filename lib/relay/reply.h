// Reply: what a server says to a command (RFC 5321 4.2), and its parser.
//
//   ReplyReader reader;
//   reader.feed(bytes);
//   while (auto reply = reader.next()) ...
//   if (reader.broken()) ...            // no SMTP: nothing more can be read
//
// A server is a stranger: lines, their number and their length are bounded,
// every line of a reply must have the same code, and texts are cleaned of
// what does not print.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relay/verdict.h"

namespace mail::relay {

struct Reply {
  int code = 0;           // 200 ... 599
  std::string enhanced;   // "4.7.1" of the same class (RFC 2034), or empty
  std::string text;       // lines parted by '\n', printable

  bool positive() const { return code >= 200 && code < 300; }
  bool temporary() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500; }
};

class ReplyReader {
 public:
  void feed(std::string_view bytes);

  // The next whole reply, when it has come.
  std::optional<Reply> next();

  bool broken() const { return broken_; }

  // Whether there are bytes no reply was made of yet.
  bool pending() const { return at_ < bytes_.size() || reply_.code != 0; }

 private:
  bool take(std::string_view line);

  std::string bytes_;
  std::size_t at_ = 0;      // up to here they are read
  Reply reply_;             // in the making, when its code is not 0
  int lines_ = 0;
  bool broken_ = false;
};

// The verdict a final reply stands for; Delivered only for 2xx.
Verdict verdict_of(const Reply& reply);

// One of ours, without any reply.
Verdict trouble(Verdict::Outcome outcome, std::string_view enhanced,
                std::string_view text);

// A text in which only what prints is left, at most `most` octets long.  RFC
// 6531 3.7.4: UTF-8 may stand in replies.
std::string printable(std::string_view text, std::size_t most);

}  // namespace mail::relay
