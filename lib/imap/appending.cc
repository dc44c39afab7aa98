// APPEND within a visit: its message comes in pieces, between which the
// session waits like any other.

#include "imap/visit.h"

namespace mail::imap {

// Whether the literal is the message of an APPEND, which is then on its way
// or refused.
bool Visit::begin_append(std::string_view text, Response& out) {
  Reader args(text);
  const std::string tag(args.tag());
  args.space();
  if (!args.take_word("APPEND") || !Append::is_message(args.rest())) {
    return false;
  }
  Work work(shared_, user_, out);
  std::unique_ptr<Append> append;
  const Reply reply = guarded(out, "APPEND", [&] {
    auto begun = Append::begin(work, args.rest(), buffer_.literal_size());
    if (auto* why_not = std::get_if<Reply>(&begun)) return *why_not;
    append = std::move(std::get<std::unique_ptr<Append>>(begun));
    return ok("");
  });
  if (!append) {
    buffer_.refuse();
    answer(out, tag, reply);
    return true;
  }
  if (buffer_.literal_waits()) out.add("+ go on").end_line();
  buffer_.hand_over();
  appending_ = std::make_unique<Appending>();
  appending_->tag = tag;
  appending_->append = std::move(append);
  return true;
}

// Takes what is at hand; what cannot be written ends the command, and the
// rest of the literal is dropped.
bool Visit::go_on_appending(net::Input& in, Response& out) {
  if (in.bytes().empty()) return false;
  Append& append = *appending_->append;
  const Reply reply = guarded(out, "APPEND", [&] {
    append.take(in);
    return ok("");
  });
  if (reply.status == Reply::Status::Ok) return true;
  Work work(shared_, user_, out);
  guarded(out, "APPEND", [&] {
    append.discard(work);
    return ok("");
  });
  buffer_.skip(append.missing());
  answer(out, appending_->tag, reply);
  appending_.reset();
  return true;
}

// The line behind the message has come: it has to be empty.
void Visit::end_append(std::string_view behind, Response& out) {
  const auto ended = std::move(appending_);
  Work work(shared_, user_, out);
  const Reply reply = guarded(out, "APPEND", [&] {
    if (behind.empty()) return ended->append->finish(work);
    ended->append->discard(work);
    return bad("something behind the message");
  });
  update(work, Updates::All);
  work.release();
  answer(out, ended->tag, reply);
}

}  // namespace mail::imap
