#include "imap/visit.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/account_gone.h"

namespace mail::imap {
namespace {

constexpr int kMaxMistakes = 50;
constexpr std::chrono::milliseconds kRetry{1000};

// A peer that sends a byte now and then must not stay for ever: a command has
// to be whole within the time that a client may be silent and the time that
// its octets take at so many a second.
constexpr std::uint64_t kSlowest = 500;

// "FETCH", "UID FETCH"; empty when it is no command's name.
std::string read_name(Reader& args, Numbers& numbers) {
  std::string name = upper(args.atom());
  if (name != "UID") return name;
  numbers = Numbers::Uids;
  args.space();
  return name + ' ' + upper(args.atom());
}

bool is_login_command(std::string_view name) {
  return name == "LOGIN" || name == "AUTHENTICATE" || name == "STARTTLS";
}

}  // namespace

Visit::Visit(const Shared& shared, net::Link& link, std::uint64_t account)
    : shared_(shared), link_(link), buffer_(CommandLimits{}) {
  user_.account = account;
}

net::Wait Visit::serve(net::Input& in, net::Output& output) {
  Response out(output);
  const std::size_t had = in.bytes().size();
  if (had > 0) deadline_ = 0;
  while (step(in, out)) {
    if (out.full()) out.flush();
  }
  came_ += had - in.bytes().size();
  if (idle_ && user_.bye == nullptr) idle_updates(out);
  return conclude(out, in.ended() ? Peer::Gone : Peer::There);
}

// The end of a call: says what there is to say, and whether it goes on.
net::Wait Visit::conclude(Response& out, Peer peer) {
  if (user_.bye != nullptr) out.add("* BYE ").add(user_.bye).end_line();
  out.flush();
  const bool over = user_.leaving || user_.bye != nullptr;
  if (!over && user_.compression == User::Compression::Begins) {
    user_.compression = User::Compression::Active;
    return net::Wait::deflate();
  }
  return over || peer == Peer::Gone ? net::Wait::close() : rest();
}

// Waits; lets go of what is large.
net::Wait Visit::rest() {
  if (user_.selected) user_.selected->shrink();
  const Micros now = steady_time();
  if (deadline_ == 0) deadline_ = until(now);
  const std::chrono::milliseconds left((deadline_ - now) / kMillisecond + 1);
  return net::Wait::input(retry_ && idle_ ? std::min(left, kRetry) : left);
}

// When the patience with the client ends, if nothing comes any more.
Micros Visit::until(Micros now) {
  const Micros patience = std::chrono::microseconds(shared_.timeout).count();
  if (!unfinished()) {
    began_ = 0;
    return now + patience;
  }
  if (began_ == 0) {
    began_ = now;
    came_ = 0;
  }
  const Micros extra = static_cast<Micros>(came_ / kSlowest) * kSecond;
  return began_ + std::min(patience + extra, now - began_ + patience);
}

net::Wait Visit::expired(net::Output& output) {
  Response out(output);
  if (steady_time() >= deadline_) {
    user_.bye = "silent for too long";
  } else if (idle_) {
    idle_updates(out);
  }
  return conclude(out, Peer::There);
}

// One step with the bytes at hand; false when there is nothing to do.
bool Visit::step(net::Input& in, Response& out) {
  if (user_.leaving || user_.bye != nullptr) return false;
  if (user_.compression == User::Compression::Begins) return false;
  if (appending_ && appending_->append->missing() > 0) {
    return go_on_appending(in, out);
  }
  switch (buffer_.take(in)) {
    case CommandBuffer::Step::More:
      return false;
    case CommandBuffer::Step::Ready:
      appending_ ? end_append(buffer_.text(), out) : line(buffer_.text(), out);
      buffer_.finish(in);
      began_ = 0;
      return true;
    case CommandBuffer::Step::Literal:
      literal(out);
      return true;
    case CommandBuffer::Step::TooLong:
      break;
  }
  too_long(out);
  buffer_.finish(in);
  began_ = 0;
  return true;
}

void Visit::too_long(Response& out) {
  if (appending_) return end_append("too much", out);
  Reader args(buffer_.text());
  const std::string_view tag = args.tag();
  answer(out, args.failed() ? "*" : tag, bad("line too long"));
}

void Visit::line(std::string_view text, Response& out) {
  if (idle_) return end_idle(text, out);
  Reader args(text);
  const std::string_view tag = args.tag();
  if (args.failed()) return answer(out, "*", bad(args.why()));
  args.space();
  Numbers numbers = Numbers::Sequence;
  const std::string name = read_name(args, numbers);
  if (args.failed()) return answer(out, tag, bad(args.why()));
  if (const Command* command = find_command(name)) {
    return run(tag, *command, args, out);
  }
  answer(out, tag,
         bad(is_login_command(name) ? "you are logged in"
             : name == "APPEND" || name.ends_with("REPLACE")
                 ? "the message is missing"
                 : "unknown command"));
}

void Visit::answer(Response& out, std::string_view tag, const Reply& reply) {
  count_answer(reply.status);
  out.add(tag).add(' ').add(word(reply.status));
  // The reasons may quote names: a response text is printable ASCII.
  for (const char c : reply.text) out.add(c >= ' ' && c < 0x7f ? c : '?');
  out.end_line();
  mistakes_ = reply.status == Reply::Status::Bad ? mistakes_ + 1 : 0;
  if (mistakes_ >= kMaxMistakes) user_.bye = "too many mistakes";
}

void Visit::run(std::string_view tag, const Command& command, Reader& args,
                Response& out) {
  if (!(command.allowed_in & (user_.selected ? kSelected : kAuthenticated))) {
    return answer(out, tag, bad("select a mailbox first"));
  }
  Work work(shared_, user_, out);
  work.tag = tag;
  if (command.name.starts_with("UID ")) work.numbers = Numbers::Uids;
  const bool aware = user_.condstore;
  Reply reply =
      guarded(out, command.name, [&] { return command.run(work, args); });
  if (args.limited()) reply = no(args.why());
  work.enables_condstore = !aware && command.after != Updates::None;
  if (reply.status != Reply::Status::Bad) {
    update(work, work.hold_expunges ? Updates::NoExpunge : command.after);
    tell_modseq(work, reply);
  }
  work.release();
  if (user_.idling) return begin_idle(tag);
  answer(out, tag, reply);
}

// The place where the trouble of one command ends.  When a part of a response
// is on its way, only the end of the session helps.
Reply Visit::guarded(Response& out, std::string_view command,
                     const std::function<Reply()>& body) {
  const auto failed = [&](const std::exception& trouble) {
    log_warn("fault", {{"service", "imap"},
                       {"command", command},
                       {"account", user_.account},
                       {"why", trouble.what()}});
    return out.take_back();
  };
  try {
    return body();
  } catch (const store::AccountGone& trouble) {
    if (!failed(trouble)) throw;
    user_.bye = "the account is gone";
    return no("[UNAVAILABLE] the account is gone");
  } catch (const NoSpace& trouble) {
    if (!failed(trouble)) throw;
    return no("[OVERQUOTA] no space left on the server");
  } catch (const std::exception& trouble) {
    if (!failed(trouble)) throw;
    return no("[UNAVAILABLE] try again later");
  }
}

// What the client knows up to: behind an EXPUNGE, when it may have seen
// higher modseqs than those of updates that wait (RFC 7162 3.2, 3.2.7), and
// when it begins to care.
void Visit::tell_modseq(Work& work, Reply& reply) {
  if (!user_.condstore || !user_.selected) return;
  const Selected& box = *user_.selected;
  if (work.tell_modseq && user_.qresync && reply.status == Reply::Status::Ok) {
    reply.text.insert(0, "[HIGHESTMODSEQ " + std::to_string(box.mark) + "] ");
  } else if (box.behind || work.enables_condstore) {
    work.out.add("* OK [HIGHESTMODSEQ ").number(box.mark).add("] up to here");
    work.out.end_line();
  }
}

// Updates that fail do not take back the command's answer: they come later.
void Visit::update(Work& work, Updates which) {
  const Reply reply = guarded(work.out, "updates", [&] {
    if (which != Updates::None) send_annotated(work);
    send_updates(work, which);
    return ok("");
  });
  retry_ = reply.status != Reply::Status::Ok;
}

void Visit::literal(Response& out) {
  if (appending_) return next_message(buffer_.text(), out);
  if (!idle_ && begin_append(buffer_.text(), out)) return;
  if (buffer_.literal_fits()) {
    buffer_.accept();
    if (buffer_.literal_waits()) out.add("+ go on").end_line();
    return;
  }
  Reader args(buffer_.text());
  const std::string tag(args.tag());
  refuse_literal();
  answer(out, args.failed() ? "*" : tag, no("[TOOBIG] literal too large"));
}

}  // namespace mail::imap
