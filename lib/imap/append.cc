#include "imap/append.h"

#include "base/ascii.h"
#include "base/clock.h"

namespace mail::imap {
namespace {

// Of one command; each holds a descriptor until all have come.
constexpr std::size_t kMostMessages = 250;
constexpr std::size_t kMostKeywords = 10'000;

// The arguments without the literal's announcement, "{9}" or "~{9}".
std::string_view without_literal(std::string_view arguments) {
  arguments = arguments.substr(0, arguments.rfind('{'));
  if (arguments.ends_with(" ~")) arguments.remove_suffix(1);
  return arguments;
}

LiteralForm form_of(std::string_view arguments) {
  return arguments.substr(0, arguments.rfind('{')).ends_with(" ~")
             ? LiteralForm::Binary
             : LiteralForm::Text;
}

bool is_replace(std::string_view command) {
  return command.ends_with("REPLACE");
}

bool over_quota(const store::Account::Usage& usage, std::uint64_t size) {
  return usage.limit_bytes > 0 &&
         usage.bytes + static_cast<std::int64_t>(size) > usage.limit_bytes;
}

// The message that a REPLACE removes; BAD for a number no message has.
std::variant<store::Location, Reply> replaced(Work& work,
                                              const SequenceSet& one) {
  if (!work.user.selected) return bad("select a mailbox first");
  const auto uids = chosen(work, one);
  if (!uids) return bad(uids.error().why);
  if (uids->empty()) return no("[NONEXISTENT] no such message");
  if (!work.selected().writable()) {
    return no("[READ-ONLY] the mailbox is read-only");
  }
  return store::Location{work.selected().id, uids->front().first};
}

}  // namespace

bool Append::is_message(std::string_view command, std::string_view arguments) {
  std::string_view front = without_literal(arguments);
  const auto skip_word = [&] {
    while (front.starts_with(' ')) front.remove_prefix(1);
    front.remove_prefix(std::min(front.find(' '), front.size()));
  };
  if (is_replace(command)) skip_word();
  return front.find_first_not_of(' ') != front.npos;
}

std::variant<std::unique_ptr<Append>, Reply> Append::begin(
    Work& work, std::string_view command, std::string_view arguments,
    std::uint64_t size) {
  Reader args(without_literal(arguments));
  std::optional<SequenceSet> number;
  if (is_replace(command)) {
    args.space();
    const Uid one = args.take('*') ? kStar : args.nz_number();
    number = SequenceSet{{{one, one}}};
  }
  args.space();
  const std::string name = args.mailbox();
  if (args.failed()) return bad(args.why());
  std::optional<store::Location> old;
  if (number) {
    auto found = replaced(work, *number);
    if (auto* why_not = std::get_if<Reply>(&found)) return *why_not;
    old = std::get<store::Location>(found);
  }
  auto row = work.account().mailbox(name);
  auto append = std::make_unique<Append>(row.value_or(store::Mailbox{}));
  append->replaced_ = old;
  if (auto why_not = append->add(work, args, {size, form_of(arguments)})) {
    return *why_not;
  }
  return append;
}

// append-message of RFC 3502, behind the mailbox or the last message; what is
// wrong with it, if anything.
std::optional<Reply> Append::add(Work& work, Reader& args,
                                 const Announced& literal) {
  store::NewMessage row;
  args.space();
  if (args.next() == '(') {
    FlagList flags = args.flag_list();
    row.flags = flags.flags;
    row.keywords = std::move(flags.keywords);
    args.space();
  }
  row.internal_date = wall_time();
  if (args.next() == '"') {
    row.internal_date = args.date_time().time;
    args.space();
  }
  if (!args.finish()) return args.limited() ? no(args.why()) : bad(args.why());
  // RFC 3502 6.3.11: that takes everything back.
  if (literal.size == 0) return no("[CANNOT] cancelled by an empty message");
  if (literal.size > static_cast<std::uint64_t>(work.shared.message_size)) {
    return no("[TOOBIG] messages have at most " +
              std::to_string(work.shared.message_size) + " octets");
  }
  if (mailbox_.id == 0) return no("[TRYCREATE] no such mailbox");
  announced_ += literal.size;
  keywords_ += row.keywords.size();
  if (messages_.size() >= kMostMessages || keywords_ > kMostKeywords) {
    return no("[LIMIT] too much for one command");
  }
  // What a REPLACE removes makes room: its quota is looked at in the end.
  if (!replaced_ && over_quota(work.account().usage(), announced_)) {
    return no("[OVERQUOTA] over quota");
  }
  messages_.emplace_back(work.account(), literal).row = std::move(row);
  if (!upload().has_room(announced_, work.shared.minimum_free)) {
    return no("[OVERQUOTA] no space left on the server");
  }
  return {};
}

Reply Append::next(Work& work, std::string_view arguments, std::uint64_t size) {
  if (replaced_) return bad("REPLACE takes one message");
  const auto done = upload().finish(work.account());
  if (!done) return no(done.error().why);
  Reader args(without_literal(arguments));
  return add(work, args, {size, form_of(arguments)}).value_or(ok(""));
}

Reply Append::finish(Work& work) {
  const auto done = upload().finish(work.account());
  if (!done) return no(done.error().why);
  std::vector<store::NewMessage> rows;
  for (Message& message : messages_) {
    message.row.length = message.upload.length();
    message.row.digested = message.upload.digest();
    message.row.draft = message.upload.hand_over();
    rows.push_back(std::move(message.row));
  }
  return replaced_ ? replace(work, std::move(rows.front()))
                   : append(work, std::move(rows));
}

Reply Append::append(Work& work,
                     std::vector<store::NewMessage> messages) {
  using Why = store::NotAppended;
  const auto done =
      work.account().append(mailbox_.id, std::move(messages));
  if (const Why* why = std::get_if<Why>(&done)) {
    return *why == Why::NoMailbox ? no("[TRYCREATE] the mailbox is gone")
                                  : no("[OVERQUOTA] over quota");
  }
  const auto& appended = std::get<std::vector<store::Appended>>(done);
  UidSet uids;
  for (const store::Appended& one : appended) imap::append(uids, one.uid);
  // RFC 4315 section 3.
  return ok("[APPENDUID " + std::to_string(appended.front().uidvalidity) + ' ' +
            to_text(uids) + "] appended");
}

// RFC 8508 4.3: the new UID is told before the old message goes.
Reply Append::replace(Work& work, store::NewMessage message) {
  using Why = store::NotReplaced;
  const auto done =
      work.account().replace(*replaced_, mailbox_.id, std::move(message));
  if (const Why* why = std::get_if<Why>(&done)) {
    return *why == Why::Gone        ? no("[EXPUNGEISSUED] the message is gone")
           : *why == Why::NoMailbox ? no("[TRYCREATE] the mailbox is gone")
                                    : no("[OVERQUOTA] over quota");
  }
  work.tell_modseq = true;  // RFC 8508 4.5, as UID EXPUNGE does
  const auto& appended = std::get<store::Appended>(done);
  work.out.add("* OK [APPENDUID ")
      .number(appended.uidvalidity)
      .add(' ')
      .number(appended.uid)
      .add("] this is the new message")
      .end_line();
  return ok("replaced");
}

}  // namespace mail::imap
