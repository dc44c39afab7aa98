// Queries: the hot statements of the store.  A test pins their plans; they name
// their index: without statistics SQLite prefers the primary key.
#pragma once

#include <string_view>

namespace mail::store::queries {

inline constexpr std::string_view kEntries =
    "SELECT uid, email, thread, modseq, flags, keywords, size, internal_date, "
    "save_date FROM entry WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 "
    "ORDER BY uid";

// What FETCH FLAGS needs: every column that is not read is time saved.
inline constexpr std::string_view kFlagsOfEntries =
    "SELECT uid, modseq, flags, keywords FROM entry "
    "WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";

inline constexpr std::string_view kUids =
    "SELECT uid FROM entry WHERE mailbox = ?1 ORDER BY uid";

inline constexpr std::string_view kUidsFrom =
    "SELECT uid FROM entry WHERE mailbox = ?1 AND uid >= ?2 ORDER BY uid";

inline constexpr std::string_view kChanged =
    "SELECT uid, email, thread, modseq, flags, keywords, size, internal_date, "
    "save_date FROM entry INDEXED BY entry_modseq "
    "WHERE mailbox = ?1 AND modseq > ?2";

inline constexpr std::string_view kExpungedSince =
    "SELECT uid, email, thread, modseq, flags, keywords, size, internal_date, "
    "save_date FROM expunged INDEXED BY expunged_modseq "
    "WHERE mailbox = ?1 AND modseq > ?2 AND uid BETWEEN ?3 AND ?4";

inline constexpr std::string_view kExpungedRange =
    "SELECT uid, email, thread, modseq, flags, keywords, size, internal_date, "
    "save_date FROM expunged WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 "
    "ORDER BY uid";

inline constexpr std::string_view kVanishedSince =
    "SELECT first, last FROM vanished WHERE mailbox = ?1 AND modseq > ?2";

inline constexpr std::string_view kFirstUnseen =
    "SELECT uid FROM entry INDEXED BY entry_unseen "
    "WHERE mailbox = ?1 AND flags & 1 = 0 ORDER BY uid LIMIT 1";

inline constexpr std::string_view kCountFrom =
    "SELECT count(*) FROM entry WHERE mailbox = ?1 AND uid >= ?2";

inline constexpr std::string_view kDeletedBytes =
    "SELECT coalesce(sum(size), 0) FROM entry INDEXED BY entry_deleted "
    "WHERE mailbox = ?1 AND flags & 8 = 8";

inline constexpr std::string_view kUnseen =
    "SELECT uid FROM entry INDEXED BY entry_unseen WHERE mailbox = ?1 "
    "AND flags & 1 = 0 ORDER BY uid";
inline constexpr std::string_view kUnseenWith =
    "SELECT uid FROM entry INDEXED BY entry_unseen WHERE mailbox = ?1 "
    "AND flags & 1 = 0 AND flags & ?2 = ?2 AND flags & ?3 = 0 ORDER BY uid";
inline constexpr std::string_view kDeletedWith =
    "SELECT uid FROM entry INDEXED BY entry_deleted WHERE mailbox = ?1 "
    "AND flags & 8 = 8 AND flags & ?2 = ?2 AND flags & ?3 = 0 ORDER BY uid";
inline constexpr std::string_view kFlaggedWith =
    "SELECT uid FROM entry INDEXED BY entry_flagged WHERE mailbox = ?1 "
    "AND flags & 4 = 4 AND flags & ?2 = ?2 AND flags & ?3 = 0 ORDER BY uid";
inline constexpr std::string_view kAnyWith =
    "SELECT uid FROM entry WHERE mailbox = ?1 "
    "AND flags & ?2 = ?2 AND flags & ?3 = 0 ORDER BY uid";

// One keyword set after the other, by leaps.
inline constexpr std::string_view kNextKeywords =
    "SELECT keywords FROM entry INDEXED BY entry_keywords WHERE mailbox = ?1 "
    "AND keywords BETWEEN ?2 + 1 AND 9223372036854775807 AND keywords > 0 "
    "ORDER BY keywords LIMIT 1";

// Where else an email is.
inline constexpr std::string_view kEntriesOfEmail =
    "SELECT mailbox, uid, flags, size FROM entry INDEXED BY entry_email "
    "WHERE email = ?1";

inline constexpr std::string_view kHolds =
    "SELECT 1 FROM entry INDEXED BY entry_email "
    "WHERE email = ?1 AND mailbox = ?2 LIMIT 1";

inline constexpr std::string_view kAnyBetween =
    "SELECT 1 FROM entry WHERE mailbox = ?1 AND uid > ?2 AND uid < ?3 LIMIT 1";

inline constexpr std::string_view kStoreFlags =
    "UPDATE entry SET flags = ?3, keywords = ?4, modseq = ?5 "
    "WHERE mailbox = ?1 AND uid = ?2";

inline constexpr std::string_view kInsertEntry =
    "INSERT INTO entry(mailbox, uid, email, thread, modseq, flags, keywords, "
    "size, internal_date, save_date) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
    "?9, ?10)";

// The \Deleted ones of a range move into `expunged`.
inline constexpr std::string_view kExpungeRange =
    "INSERT INTO expunged(mailbox, uid, email, thread, modseq, flags, "
    "keywords, size, internal_date, save_date, time) "
    "SELECT mailbox, uid, email, thread, ?4, flags, keywords, size, "
    "internal_date, save_date, ?5 FROM entry INDEXED BY entry_deleted "
    "WHERE mailbox = ?1 AND flags & 8 = 8 AND uid BETWEEN ?2 AND ?3 "
    "ORDER BY uid RETURNING uid, flags, size";
inline constexpr std::string_view kDropDeletedRange =
    "DELETE FROM entry INDEXED BY entry_deleted "
    "WHERE mailbox = ?1 AND flags & 8 = 8 AND uid BETWEEN ?2 AND ?3";

// One entry, whatever its flags.
inline constexpr std::string_view kExpungeOne =
    "INSERT INTO expunged(mailbox, uid, email, thread, modseq, flags, "
    "keywords, size, internal_date, save_date, time) "
    "SELECT mailbox, uid, email, thread, ?3, flags, keywords, size, "
    "internal_date, save_date, ?4 FROM entry WHERE mailbox = ?1 AND uid = ?2";
inline constexpr std::string_view kDropOne =
    "DELETE FROM entry WHERE mailbox = ?1 AND uid = ?2";

// Emails expunged by this change that are in no mailbox any more.
inline constexpr std::string_view kDepart =
    "INSERT INTO departed(email, size, time) "
    "SELECT email, size, ?3 FROM expunged INDEXED BY expunged_modseq "
    "WHERE mailbox = ?1 AND modseq = ?2 AND NOT EXISTS("
    "SELECT 1 FROM entry INDEXED BY entry_email "
    "WHERE entry.email = expunged.email) RETURNING size";

// EMAILIDs (RFC 8474).
inline constexpr std::string_view kOriginal =
    "SELECT original FROM twin WHERE email = ?1";
inline constexpr std::string_view kTwins =
    "SELECT email FROM twin INDEXED BY twin_original WHERE original = ?1 "
    "ORDER BY email";

inline constexpr std::string_view kThreadOfKey =
    "SELECT thread FROM thread_key WHERE hash = ?1";

// Whether the original ?1, or another twin of it than ?2, has the file too.
inline constexpr std::string_view kSharesFile =
    "SELECT 1 FROM email WHERE id = ?1 UNION ALL "
    "SELECT 1 FROM twin INDEXED BY twin_original "
    "JOIN email ON email.id = twin.email "
    "WHERE twin.original = ?1 AND twin.email <> ?2 LIMIT 1";

inline constexpr std::string_view kDeliveredAny =
    "SELECT 1 FROM delivered WHERE spool_id = ?1 LIMIT 1";

inline constexpr std::string_view kPlaceOfEmail =
    "SELECT file, length, prefix FROM email WHERE id = ?1";

}  // namespace mail::store::queries
