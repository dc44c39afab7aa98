// Account: one account's mail, as IMAP, JMAP and delivery see it.
//
//   auto lease = accounts.open(id);           // store/accounts.h
//   const auto inbox = lease->mailbox("INBOX");
//   lease->each_entry(inbox->id, {1, UINT32_MAX}, [&](const Entry& e) {...});
//
// One thread at a time uses an Account.  Every changing call is one
// transaction that is on the disk when it returns, and takes the next modseq.
// A session's view of a mailbox is a modseq mark: see Changes.  Trouble is a
// Fault; "try again" when the account is busy or held by an administrator.
//
// Mailbox names are whole paths; "INBOX" is found whatever its case.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "store/new_files.h"
#include "store/sort_key.h"
#include "store/types.h"

namespace mail::store {

struct NewMessage;  // store/new_message.h
struct Arrival;     // store/delivery.h
enum class Delivered;

// What happened in a mailbox after a mark.
struct Changes {
  Modseq mark = 0;                // the new mark
  std::uint32_t uidvalidity = 0;  // not the one you know: start over
  Uid uidnext = 1;                // new entries have UIDs from the old one on
  std::vector<Entry> changed;     // by UID; flags changed, or new
  UidSet expunged;                // gone since, whatever they were
};

enum class FlagAction { Replace, Add, Remove };

struct FlagChange {
  FlagAction action = FlagAction::Add;
  Flags flags = 0;
  std::vector<std::string> keywords;
  // RFC 7162 3.1.3: entries with a higher modseq are left alone.
  std::optional<Modseq> unchanged_since;
};

struct FlagOutcome {
  Modseq modseq = 0;           // of this change; 0: it changed nothing
  std::vector<Entry> changed;  // as they are now, also those that already
                               // had what was asked (with their old modseq)
  std::vector<Uid> modified;   // left alone because of unchanged_since
};

// COPY, MOVE: where each message went.
struct Copied {
  std::uint32_t uidvalidity = 0;
  std::vector<std::pair<Uid, Uid>> uids;  // source, target; ascending
  bool over_quota = false;                // nothing was copied
  bool incomplete = false;                // some are gone: nothing was copied
};

// Messages that are to be copied and are there no more: the others are copied,
// or none.
enum class IfGone { CopyRest, CopyNothing };

// A message of a mailbox.
struct Location {
  MailboxId mailbox = 0;
  Uid uid = 0;
};

// Why REPLACE did nothing.
enum class NotReplaced { Gone, NoMailbox, OverQuota };
enum class NotAppended { NoMailbox, OverQuota };

struct Appended {
  std::uint32_t uidvalidity = 0;
  Uid uid = 0;
};

// A note on a mailbox, or on all of the account (RFC 5464): names as first
// written, found whatever their case.
struct Annotation {
  std::string name;
  std::string value;
};
struct AnnotationChange {
  std::string name;
  std::optional<std::string> value;  // nothing: it goes
};
enum class NotAnnotated { TooMany, RoleTaken };
// The one that tells the mailbox's role; it is computed (RFC 6154 section 4).
inline constexpr std::string_view kRoleAnnotation = "/private/specialuse";
// That one was changed or removed.
struct AnnotatedName {
  MailboxId mailbox = 0;
  std::string name;
  Modseq modseq = 0;
};

inline constexpr std::size_t kLongestAnnotation = 64 << 10;

// What clients ask for again and again, parsed once; IMAP bytes ready to
// send.
struct Cached {
  std::string envelope;       // RFC 3501 7.4.2, with its parentheses
  std::string bodystructure;  // extensible form
  std::string body;           // without extension data
  std::string header;         // all header fields as FETCH shows them
  std::string preview;
  std::string parts;  // the part tree: store/part_index.h
};

// Which of them are wanted: the others stay empty and cost nothing.
using CachedFields = unsigned;
inline constexpr CachedFields kEnvelope = 1;
inline constexpr CachedFields kBodystructure = 2;
inline constexpr CachedFields kBody = 4;
inline constexpr CachedFields kHeader = 8;
inline constexpr CachedFields kPreview = 16;
inline constexpr CachedFields kParts = 32;
inline constexpr CachedFields kAllCached = 63;

// A question to the index of words (search.db).
struct TextKey {
  enum class In { Text, Body, Field } in = In::Text;
  std::string field;  // its name, in lower case
  std::string text;   // folded (base/text.h), not empty
};

// Its answer: nothing that contains the text is missing from the three.
struct TextHits {
  std::vector<EmailId> sure;   // contain it; ascending
  std::vector<EmailId> maybe;  // to be looked at; ascending
  EmailId upto = 0;            // so are all emails above this one
};

// How far the index is.
struct Indexing {
  enum class Step { Done, More, Busy } step = Step::Done;
  EmailId upto = 0;
  EmailId newest = 0;  // of the account
};

// The bytes of a message: prefix, then `length` octets of the file.
struct Content {
  Fd file;
  std::string prefix;
  std::int64_t length = 0;
};

class Account {
 public:
  virtual ~Account() = default;

  virtual std::int64_t id() const = 0;

  // Mailboxes.  A name above others may have none (RFC 3501 6.3.4: \Noselect).
  // mailboxes() and named() tell such names; the rest does not know them.
  virtual std::vector<Mailbox> mailboxes() = 0;  // by name
  virtual std::optional<Mailbox> named(std::string_view name) = 0;
  virtual std::optional<Mailbox> mailbox(std::string_view name) = 0;
  virtual std::optional<Mailbox> mailbox(MailboxId id) = 0;
  virtual std::optional<Mailbox> mailbox(Role role) = 0;
  // Makes missing parents too, and a mailbox of a name alone; the Refusal says
  // what is wrong with the name or that it exists.
  virtual Result<Mailbox> create_mailbox(std::string_view name, Role role) = 0;
  // One with children leaves its name, under another id.  Refused for INBOX,
  // and for a name alone that has children.
  virtual Result<void> delete_mailbox(MailboxId id) = 0;
  // With all children.  INBOX: its messages move to the new mailbox
  // (RFC 3501 6.3.5).
  virtual Result<void> rename_mailbox(MailboxId id, std::string_view to) = 0;
  // Subscriptions are names; the mailbox need not exist (RFC 3501 6.3.6).
  virtual void subscribe(std::string_view name) = 0;
  virtual void unsubscribe(std::string_view name) = 0;
  virtual std::vector<std::string> subscriptions() = 0;
  // Takes the \Recent messages below a UID for one session: the first UID that
  // was recent, and no other session gets them (RFC 3501 2.3.2).
  virtual Uid take_recent(MailboxId id, Uid below) = 0;

  // Entries.  Callbacks must not call the account.
  virtual Modseq modseq() = 0;
  virtual void each_entry(MailboxId mailbox, UidRange range,
                          const std::function<void(const Entry&)>& use) = 0;
  // As a session at `mark` sees them: entries and what was expunged since,
  // by UID.  The range must end below the uidnext of that mark: what came
  // later is not told apart.
  virtual void each_entry_at(MailboxId mailbox, Modseq mark, UidRange range,
                             const std::function<void(const Entry&)>& use) = 0;
  // The same, of which only uid, modseq, flags and keywords are there.
  virtual void each_flags_at(MailboxId mailbox, Modseq mark, UidRange range,
                             const std::function<void(const Entry&)>& use) = 0;
  virtual std::vector<Uid> uids(MailboxId mailbox) = 0;
  // The UIDs below `uidnext` that a session at `mark` sees.
  virtual UidSet uids_at(MailboxId mailbox, Modseq mark, Uid uidnext) = 0;
  // UIDs with all of `set` and none of `clear`, from the partial indexes.
  virtual std::vector<Uid> uids_with(MailboxId mailbox, Flags set,
                                     Flags clear) = 0;
  virtual std::optional<Uid> first_unseen(MailboxId mailbox) = 0;
  // How many have `first` or a higher UID; the octets of the \Deleted ones.
  virtual std::int64_t count_from(MailboxId mailbox, Uid first) = 0;
  virtual std::int64_t deleted_bytes(MailboxId mailbox) = 0;
  // Nothing when `since` lies before what can still be answered.
  virtual std::optional<Changes> changes(MailboxId mailbox, Modseq since) = 0;
  // Both halves of it: what is there and has a higher modseq, by UID; and what
  // went, or nothing when `since` is too long ago to tell.
  virtual std::vector<Entry> changed_since(MailboxId mailbox, Modseq since) = 0;
  virtual std::optional<UidSet> vanished_since(MailboxId mailbox,
                                               Modseq since) = 0;
  // For each of `uids`, from the first, its place when all are sorted by a
  // key: numbers that are the same where the keys are.
  virtual std::vector<std::uint32_t> ranks(MailboxId mailbox, SortKey by,
                                           const UidSet& uids) = 0;
  // What each of `uids` refers to, from the first.
  virtual void each_reference(
      MailboxId mailbox, const UidSet& uids,
      const std::function<void(const Reference&)>& use) = 0;
  // The names of a keyword set, in the case they were first given; and every
  // keyword in use in the mailbox.
  virtual const std::vector<std::string>& keywords(std::int64_t set) = 0;
  virtual std::vector<std::string> mailbox_keywords(MailboxId mailbox) = 0;

  // The EMAILID (RFC 8474 section 5.1): of a copy into a mailbox that held the
  // email already, which is an email of its own, that of the first one; and
  // all emails with an EMAILID, ascending.
  virtual EmailId original(EmailId email) = 0;
  virtual std::vector<EmailId> emails_like(EmailId original) = 0;

  // Messages, also expunged ones that a session still sees; nothing when the
  // bytes are gone for good.
  virtual std::optional<Cached> cached(EmailId email, CachedFields wanted) = 0;
  std::optional<Cached> cached(EmailId email) {
    return cached(email, kAllCached);
  }
  virtual std::optional<Content> content(EmailId email) = 0;

  // Words of messages.  Trouble with the index is no Fault: it is made again,
  // and until then every email is above `upto`.
  virtual Indexing indexing() = 0;
  // The next batch, half a second's work at most.  Busy: somebody else is at
  // it.  Done as well when there is trouble.
  virtual Indexing index_words() = 0;
  virtual TextHits find_text(const TextKey& key) = 0;
  // Forgets the index, so that all is indexed anew.
  virtual void forget_words() = 0;
  // The UIDs, as a session at `mark` sees them, of the emails given and of
  // all emails above `above`; ascending.
  virtual std::vector<Uid> uids_of(MailboxId mailbox, Modseq mark,
                                   std::span<const EmailId> emails,
                                   EmailId above) = 0;

  // Changes.
  virtual FlagOutcome change_flags(MailboxId mailbox, const UidSet& uids,
                                   const FlagChange& change) = 0;
  virtual Copied copy(MailboxId from, const UidSet& uids, MailboxId to,
                      IfGone if_gone) = 0;
  virtual Copied move(MailboxId from, const UidSet& uids, MailboxId to,
                      IfGone if_gone) = 0;
  Copied copy(MailboxId from, const UidSet& uids, MailboxId to) {
    return copy(from, uids, to, IfGone::CopyRest);
  }
  Copied move(MailboxId from, const UidSet& uids, MailboxId to) {
    return move(from, uids, to, IfGone::CopyRest);
  }
  // The \Deleted ones among `uids`; what went, as ranges.
  virtual UidSet expunge(MailboxId mailbox, const UidSet& uids) = 0;
  // All of them or none.  Those of several threads may share a transaction.
  // The files of those that are not appended are removed.
  virtual std::variant<std::vector<Appended>, NotAppended> append(
      MailboxId to, std::vector<NewMessage> messages) = 0;
  // One comes, one goes, whatever its flags.  `Gone`: it was not there any
  // more, or the mailbox is not.
  virtual std::variant<Appended, NotReplaced> replace(
      const Location& old, MailboxId to, NewMessage message) = 0;

  // Where APPEND writes (store/new_files.h).
  virtual MessageDraft create_message_file() = 0;

  // Quota; limit 0: none.  limit_bytes is the account's own or, when it has
  // none (0), the usual one of AccountsOptions: what counts.
  struct Usage {
    std::int64_t bytes = 0;
    std::int64_t emails = 0;
    std::int64_t limit_bytes = 0;
    std::int64_t limit_emails = 0;
  };
  virtual Usage usage() = 0;
  virtual std::int64_t own_limit_bytes() = 0;
  virtual void limit_bytes(std::int64_t own) = 0;
  virtual void limit_emails(std::int64_t limit) = 0;

  // Annotations of a mailbox; 0: of the account.  They go with it.
  virtual std::vector<Annotation> annotations(MailboxId mailbox) = 0;
  // All of the changes or none; with the mailbox's role, where one is given.
  virtual std::variant<Modseq, NotAnnotated> annotate(
      MailboxId mailbox, std::span<const AnnotationChange> changes,
      std::optional<Role> role) = 0;
  // What was changed after `since`, a day ago at most; by mailbox.
  virtual std::vector<AnnotatedName> annotated_since(Modseq since) = 0;

  // Delivery from the spool (store/delivery.h): one transaction; an answer
  // for each.
  virtual std::vector<Delivered> deliver(std::span<const Arrival> batch) = 0;
  // Whether each of some spool ids was delivered before.
  virtual std::vector<bool> are_delivered(
      std::span<const std::string_view> spool_ids) = 0;
  bool is_delivered(std::string_view spool_id) {
    return are_delivered({&spool_id, 1}).front();
  }
  // msg/FFFF of a file of this name, made when missing, its own name synced.
  virtual Fd message_folder(std::string_view name) = 0;

  // For the account's owner, the delivery worker, and nobody else.
  // Forgets deliveries an hour old whose spool name is gone.
  virtual void forget_delivered(
      const std::function<bool(std::string_view spool_id)>& in_spool) = 0;
  // Removes what was expunged a day ago, then its files; tombstones too many;
  // files without a row after 7 days; shrinks the log.  Once an hour.
  virtual void maintain() = 0;
};

}  // namespace mail::store
