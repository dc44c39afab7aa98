// Talk: commands and their replies over a wire.
//
//   const auto reply = talk.ask("EHLO mail.example.org", kFiveMinutes);
//   if (!reply) ... talk.trouble() ...
//
// Nothing is said while bytes of the server wait that belong to no command:
// a server out of step is as good as gone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/reply.h"
#include "relay/wire.h"

namespace mail::relay {

class Talk {
 public:
  explicit Talk(Wire& wire) : wire_(wire), space_(kSpace, '\0') {}

  // A line, given without CRLF, and what comes back.
  std::optional<Reply> ask(std::string_view command, Patience time);

  // Commands with their CRLFs; read() then gives one reply after the other,
  // also those behind a 421.
  bool say(std::string_view commands, Patience time);
  std::optional<Reply> read(Patience time);

  Wire& wire() { return wire_; }

  // Whether more can be said: not behind a 421.
  bool usable() const { return usable_; }
  void hang_up(std::string why);

  // Whether the server said something it was not asked.
  bool ahead() const { return reader_.pending(); }

  // The server said 421: it is going, or has too many of us.
  bool turned_away() const { return farewell_.has_value(); }

  // Why nothing more can be said: the server's 421, or words of ours.
  Verdict why() const;

 private:
  static constexpr std::size_t kSpace = 4096;

  bool fail(std::string why);

  Wire& wire_;
  ReplyReader reader_;
  std::string space_;
  std::string trouble_;
  bool usable_ = true;
  std::optional<Reply> farewell_;
};

}  // namespace mail::relay
