#include "imap/append.h"

#include "base/clock.h"

namespace mail::imap {
namespace {

// The arguments without the literal's announcement.
std::string_view without_literal(std::string_view arguments) {
  return arguments.substr(0, arguments.rfind('{'));
}

struct Arguments {
  std::string mailbox;
  FlagList flags;
  Micros date = 0;
};

Arguments read(Reader& args) {
  Arguments out;
  args.space();
  out.mailbox = args.mailbox();
  args.space();
  if (args.next() == '(') {
    out.flags = args.flag_list();
    args.space();
  }
  out.date = wall_time();
  if (args.next() == '"') {
    out.date = args.date_time().time;
    args.space();
  }
  return out;
}

bool over_quota(store::Account& account, std::uint64_t size) {
  const auto usage = account.usage();
  return usage.limit_bytes > 0 &&
         usage.bytes + static_cast<std::int64_t>(size) > usage.limit_bytes;
}

}  // namespace

bool Append::is_message(std::string_view arguments) {
  return without_literal(arguments).find_first_not_of(' ') !=
         std::string_view::npos;
}

Append::Append(store::MailboxId mailbox, store::Account::Draft draft,
               std::uint64_t size)
    : mailbox_(mailbox),
      draft_(std::move(draft)),
      writer_(draft_.fd),
      missing_(size) {
  message_.file = draft_.file;
}

Append::~Append() {
  if (!settled_) writer_.abandon();
}

std::variant<std::unique_ptr<Append>, Reply> Append::begin(
    Work& work, std::string_view arguments, std::uint64_t size) {
  Reader args(without_literal(arguments));
  Arguments wanted = read(args);
  if (!args.finish()) return bad(args.why());
  if (size == 0) return no("[CANNOT] a message has at least one octet");
  if (size > static_cast<std::uint64_t>(work.shared.message_size)) {
    return no("[TOOBIG] messages have at most " +
              std::to_string(work.shared.message_size) + " octets");
  }
  const auto row = work.account().mailbox(wanted.mailbox);
  if (!row) return no("[TRYCREATE] no such mailbox");
  if (over_quota(work.account(), size)) return no("[OVERQUOTA] over quota");
  auto append = std::make_unique<Append>(
      row->id, work.account().create_message_file(), size);
  append->message_.internal_date = wanted.date;
  append->message_.flags = wanted.flags.flags;
  append->message_.keywords = std::move(wanted.flags.keywords);
  return append;
}

void Append::take(net::Input& in) {
  const std::string_view bytes = in.bytes().substr(0, missing_);
  add(bytes);
  missing_ -= bytes.size();
  in.use(bytes.size());
}

void Append::add(std::string_view bytes) {
  has_nul_ |= bytes.find('\0') != bytes.npos;
  std::size_t from = 0;
  for (std::size_t at = bytes.find('\n'); at != bytes.npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 ? after_cr_ : bytes[at - 1] == '\r') continue;
    writer_.write(bytes.substr(from, at - from));
    writer_.write("\r");
    from = at;
  }
  writer_.write(bytes.substr(from));
  if (!bytes.empty()) after_cr_ = bytes.back() == '\r';
}

Reply Append::finish(Work& work) {
  if (has_nul_) {  // RFC 3501 9: CHAR8 is any octet except NUL
    discard(work);
    return no("[CANNOT] a message has no NUL octets");
  }
  if (!work.account().mailbox(mailbox_)) {
    discard(work);
    return no("[TRYCREATE] the mailbox is gone");
  }
  message_.length = writer_.length();
  writer_.commit("", draft_.folder);
  settled_ = true;
  const auto done = work.account().append(mailbox_, {message_});
  if (!done) {
    discard(work);
    return no("[OVERQUOTA] " + done.error().why);
  }
  // RFC 4315 section 3.
  return ok("[APPENDUID " + std::to_string(done->front().uidvalidity) + ' ' +
            std::to_string(done->front().uid) + "] appended");
}

void Append::discard(Work& work) {
  writer_.abandon();
  settled_ = true;
  work.account().discard(draft_);
}

}  // namespace mail::imap
