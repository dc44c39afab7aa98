// APPEND and REPLACE within a visit: their messages come in pieces, between
// which the session waits like any other.

#include "base/ascii.h"
#include "imap/visit.h"

namespace mail::imap {
namespace {

// A literal that nobody asked for and that is not wanted is read and dropped
// up to here; behind a larger one the session ends (RFC 7888 section 4).
constexpr std::uint64_t kMostDropped = 4 << 20;

// "APPEND", "REPLACE", "UID REPLACE"; empty for other commands.
std::string_view appending_command(Reader& args) {
  if (args.take_word("APPEND")) return "APPEND";
  if (args.take_word("REPLACE")) return "REPLACE";
  if (!args.take_word("UID")) return "";
  args.space();
  return args.take_word("REPLACE") ? "UID REPLACE" : "";
}

}  // namespace

// The command in hand is over: a literal that is not waited for is dropped.
void Visit::refuse_literal() {
  if (!buffer_.literal_waits() && buffer_.literal_size() > kMostDropped) {
    user_.bye = "[TOOBIG] the literal is too large";
  }
  buffer_.refuse();
}

// Whether the literal is the message of an APPEND, which is then on its way
// or refused.
bool Visit::begin_append(std::string_view text, Response& out) {
  Reader args(text);
  const std::string tag(args.tag());
  args.space();
  const std::string_view command = appending_command(args);
  if (command.empty() || !Append::is_message(command, args.rest())) {
    return false;
  }
  Work work(shared_, user_, out);
  if (command.starts_with("UID")) work.numbers = Numbers::Uids;
  std::unique_ptr<Append> append;
  const Reply reply = guarded(out, command, [&] {
    auto begun =
        Append::begin(work, command, args.rest(), buffer_.literal_size());
    if (auto* why_not = std::get_if<Reply>(&begun)) return *why_not;
    append = std::move(std::get<std::unique_ptr<Append>>(begun));
    return ok("");
  });
  if (!append) {
    refuse_literal();
    answer(out, tag, reply);
    return true;
  }
  appending_ = std::make_unique<Appending>();
  appending_->tag = tag;
  appending_->append = std::move(append);
  take_literal(out);
  return true;
}

void Visit::take_literal(Response& out) {
  if (buffer_.literal_waits()) out.add("+ go on").end_line();
  buffer_.hand_over();
}

// Takes what is at hand; what cannot be written ends the command, and the
// rest of the literal is dropped.
bool Visit::go_on_appending(net::Input& in, Response& out) {
  if (in.bytes().empty()) return false;
  Append& append = *appending_->append;
  const Reply reply = guarded(out, "APPEND", [&] {
    append.upload().take(in);
    return ok("");
  });
  if (reply.status == Reply::Status::Ok) return true;
  buffer_.skip(append.missing());
  fail_append(reply, out);
  return true;
}

// The next message of a MULTIAPPEND is announced (RFC 3502).
void Visit::next_message(std::string_view text, Response& out) {
  Work work(shared_, user_, out);
  const Reply reply = guarded(out, "APPEND", [&] {
    return appending_->append->next(work, text, buffer_.literal_size());
  });
  if (reply.status == Reply::Status::Ok) return take_literal(out);
  work.release();
  refuse_literal();
  fail_append(reply, out);
}

// Nothing of the command remains.
void Visit::fail_append(const Reply& reply, Response& out) {
  const std::string tag = std::move(appending_->tag);
  appending_.reset();
  answer(out, tag, reply);
}

// The line behind the last message has come: it has to be empty.
void Visit::end_append(std::string_view behind, Response& out) {
  if (!behind.empty()) {
    return fail_append(bad("something behind the message"), out);
  }
  Work work(shared_, user_, out);
  Reply reply =
      guarded(out, "APPEND", [&] { return appending_->append->finish(work); });
  work.release();
  if (reply.status != Reply::Status::Ok) return fail_append(reply, out);
  const auto ended = std::move(appending_);
  update(work, Updates::All);
  tell_modseq(work, reply);
  work.release();
  answer(out, ended->tag, reply);
}

}  // namespace mail::imap
