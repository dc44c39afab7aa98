// Visit: a session after login.
//
//   Authenticated <-- CLOSE, UNSELECT, a failed SELECT --- Selected
//                 --- SELECT, EXAMINE ------------------->
//
// Takes commands from the bytes at hand, one after the other, each answered in
// order.  A literal that has not come and an IDLE do not wait: the visit keeps
// where it stands.  What is large is let go while it waits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "imap/append.h"
#include "imap/command_buffer.h"
#include "imap/commands.h"
#include "imap/work.h"
#include "net/session.h"

namespace mail::imap {

class Visit {
 public:
  Visit(const Shared& shared, net::Link& link, std::uint64_t account);

  net::Wait serve(net::Input& in, net::Output& out);
  net::Wait expired(net::Output& out);

 private:
  // An IDLE under way.
  struct Idle {
    std::string tag;
    store::Watch watch;
    store::Modseq seen = 0;
  };
  // An APPEND whose message has begun.
  struct Appending {
    std::string tag;
    std::unique_ptr<Append> append;
  };

  bool step(net::Input& in, Response& out);
  void line(std::string_view text, Response& out);
  void literal(Response& out);
  void too_long(Response& out);
  void run(std::string_view tag, const Command& command, Reader& args,
           Response& out);
  Reply guarded(Response& out, std::string_view command,
                const std::function<Reply()>& body);
  void update(Work& work, Updates which);
  void tell_modseq(Work& work, Reply& reply);
  void answer(Response& out, std::string_view tag, const Reply& reply);
  enum class Peer { There, Gone };
  net::Wait conclude(Response& out, Peer peer);
  net::Wait rest();
  bool unfinished() const { return appending_ || !buffer_.idle(); }
  Micros until(Micros now);

  // imap/appending.cc
  bool begin_append(std::string_view text, Response& out);
  bool go_on_appending(net::Input& in, Response& out);
  void take_literal(Response& out);
  void refuse_literal();
  void next_message(std::string_view text, Response& out);
  void fail_append(const Reply& reply, Response& out);
  void end_append(std::string_view behind, Response& out);

  // imap/idle.cc
  void begin_idle(std::string_view tag);
  void end_idle(std::string_view text, Response& out);
  void idle_updates(Response& out);

  const Shared& shared_;
  net::Link& link_;
  User user_;
  CommandBuffer buffer_;
  std::unique_ptr<Idle> idle_;
  std::unique_ptr<Appending> appending_;
  Micros deadline_ = 0;     // of the wait under way; 0: to be set anew
  Micros began_ = 0;        // when the command that is not whole did; 0: none
  std::uint64_t came_ = 0;  // how much of it has come
  int mistakes_ = 0;    // one after the other
  bool retry_ = false;  // an update in IDLE failed
};

}  // namespace mail::imap
