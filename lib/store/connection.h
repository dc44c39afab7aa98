// Connection: an account on SQLite, open (store/account.h says what it does).
//
// Made and kept by Accounts.  The sources are by subject: mailboxes.cc,
// entries.cc, uid_lists.cc, orders.cc, references.cc, flags.cc, copy.cc,
// expunge.cc, append.cc, contents.cc, searching.cc, maintain.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/account_lock.h"
#include "store/change.h"
#include "store/core.h"
#include "store/delivery.h"
#include "store/new_files.h"
#include "store/new_message.h"

namespace mail::store {

class Connection final : public Account {
 public:
  Connection(std::uint64_t account, const AccountsOptions& options,
             Writing& writing);

  std::int64_t id() const override;
  bool is_gone() const { return lock_.is_gone(); }
  bool is_wanted() const { return core_.modseq_file.wanted(wall_time()); }

  // While it is leased its reads are of one moment; after a change of its
  // own, of the moment they are made.
  void begin_view() noexcept;
  void end_view() noexcept;

  std::vector<Mailbox> mailboxes() override;
  std::optional<Mailbox> named(std::string_view name) override;
  std::optional<Mailbox> mailbox(std::string_view name) override;
  std::optional<Mailbox> mailbox(MailboxId id) override;
  std::optional<Mailbox> mailbox(Role role) override;
  Result<Mailbox> create_mailbox(std::string_view name, Role role) override;
  Result<void> delete_mailbox(MailboxId id) override;
  Result<void> rename_mailbox(MailboxId id, std::string_view to) override;
  void subscribe(std::string_view name) override;
  void unsubscribe(std::string_view name) override;
  std::vector<std::string> subscriptions() override;
  Uid take_recent(MailboxId id, Uid below) override;

  Modseq modseq() override;
  void each_entry(MailboxId mailbox, UidRange range,
                  const std::function<void(const Entry&)>& use) override;
  void each_entry_at(MailboxId mailbox, Modseq mark, UidRange range,
                     const std::function<void(const Entry&)>& use) override;
  void each_flags_at(MailboxId mailbox, Modseq mark, UidRange range,
                     const std::function<void(const Entry&)>& use) override;
  std::vector<Uid> uids(MailboxId mailbox) override;
  UidSet uids_at(MailboxId mailbox, Modseq mark, Uid uidnext) override;
  std::vector<Uid> uids_with(MailboxId mailbox, Flags set,
                             Flags clear) override;
  std::optional<Uid> first_unseen(MailboxId mailbox) override;
  std::int64_t count_from(MailboxId mailbox, Uid first) override;
  std::int64_t deleted_bytes(MailboxId mailbox) override;
  std::optional<Changes> changes(MailboxId mailbox, Modseq since) override;
  std::vector<Entry> changed_since(MailboxId mailbox, Modseq since) override;
  std::optional<UidSet> vanished_since(MailboxId mailbox,
                                       Modseq since) override;
  std::vector<std::uint32_t> ranks(MailboxId mailbox, SortKey by,
                                   const UidSet& uids) override;
  void each_reference(
      MailboxId mailbox, const UidSet& uids,
      const std::function<void(const Reference&)>& use) override;
  // Also those that were expunged and can still be seen.
  std::vector<Entry> entries_ever(MailboxId mailbox, const UidSet& uids);
  const std::vector<std::string>& keywords(std::int64_t set) override;
  std::vector<std::string> mailbox_keywords(MailboxId mailbox) override;

  EmailId original(EmailId email) override;
  std::vector<EmailId> emails_like(EmailId original) override;

  using Account::cached;
  std::optional<Cached> cached(EmailId email, CachedFields wanted) override;
  std::optional<Content> content(EmailId email) override;

  Indexing indexing() override;
  Indexing index_words() override;
  TextHits find_text(const TextKey& key) override;
  void forget_words() override;
  std::vector<Uid> uids_of(MailboxId mailbox, Modseq mark,
                           std::span<const EmailId> emails,
                           EmailId above) override;

  FlagOutcome change_flags(MailboxId mailbox, const UidSet& uids,
                           const FlagChange& change) override;
  using Account::copy;
  Copied copy(MailboxId from, const UidSet& uids, MailboxId to,
              IfGone if_gone) override;
  using Account::move;
  Copied move(MailboxId from, const UidSet& uids, MailboxId to,
              IfGone if_gone) override;
  UidSet expunge(MailboxId mailbox, const UidSet& uids) override;
  std::variant<std::vector<Appended>, NotAppended> append(
      MailboxId to, std::vector<NewMessage> messages) override;
  std::variant<Appended, NotReplaced> replace(
      const Location& old, MailboxId to, NewMessage message) override;

  MessageDraft create_message_file() override;

  Usage usage() override;
  std::int64_t own_limit_bytes() override;
  void limit_bytes(std::int64_t limit) override;
  void limit_emails(std::int64_t limit) override;
  std::vector<Annotation> annotations(MailboxId mailbox) override;
  std::variant<Modseq, NotAnnotated> annotate(
      MailboxId mailbox, std::span<const AnnotationChange> changes,
      std::optional<Role> role) override;
  std::vector<AnnotatedName> annotated_since(Modseq since) override;

  std::vector<Delivered> deliver(std::span<const Arrival> batch) override;
  std::vector<bool> are_delivered(
      std::span<const std::string_view> spool_ids) override;
  Fd message_folder(std::string_view name) override;
  void forget_delivered(
      const std::function<bool(std::string_view)>& in_spool) override;
  void maintain() override;

 private:
  bool has_delivered(std::string_view spool_id);
  void drop_messages(Change& change, MailboxId id);
  // A parent's id and the last level, the parents made when missing.
  std::pair<MailboxId, std::string> place(Change& change,
                                          std::string_view path);
  Uid recent_from(MailboxId id, Uid below);
  Uid claim_recent(MailboxId id, Uid below);
  std::vector<Entry> read_changed(MailboxId mailbox, Modseq since);
  std::string read_references(MailboxId mailbox, const UidSet& uids);
  std::string packed_references(MailboxId mailbox, const UidSet& uids);
  std::vector<Entry> entries(MailboxId mailbox, const UidSet& uids);
  void move_entries(Change& change, MailboxId from,
                    const std::vector<Entry>& which, MailboxId to,
                    Copied& copied);

  SharedLock lock_;
  Core core_;
  db::Database& mail_;
  NewFiles new_files_;
};

}  // namespace mail::store
