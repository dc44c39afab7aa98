// Queries: the hot statements of the index of words, in mail.db and in
// search.db; a test pins their plans.
#pragma once

#include <string_view>

namespace mail::store::queries {

// Where an email is in one mailbox; where all emails above one are.
inline constexpr std::string_view kUidsOfEmail =
    "SELECT uid FROM entry INDEXED BY entry_email "
    "WHERE email = ?1 AND mailbox = ?2";
inline constexpr std::string_view kUidsAbove =
    "SELECT uid FROM entry INDEXED BY entry_email "
    "WHERE email > ?1 AND mailbox = ?2";
inline constexpr std::string_view kEmails =
    "SELECT uid, email FROM entry WHERE mailbox = ?1 ORDER BY uid";

// What the index of words does not hold yet; what it holds and is alive.
inline constexpr std::string_view kEmailsAbove =
    "SELECT id FROM email WHERE id > ?1 ORDER BY id LIMIT ?2";
inline constexpr std::string_view kEmailsBetween =
    "SELECT id FROM email WHERE id BETWEEN ?1 AND ?2";

// search.db: blocks of words, and the lists of one.
inline constexpr std::string_view kWordsFrom =
    "SELECT id, sum, text FROM words WHERE id BETWEEN ?1 AND ?2 "
    "ORDER BY id LIMIT 1";
inline constexpr std::string_view kListsOf =
    "SELECT sum, data FROM lists WHERE id = ?1";

}  // namespace mail::store::queries
