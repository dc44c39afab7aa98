// The addresses of a header field: From, To, Cc, Reply-To ...
//
//   parse_address_list("Ann <ann@example.org>, team: bob@example.org;")
//     -> Mailbox Ann, GroupStart team, Mailbox bob, GroupEnd
//
// RFC 5322 section 3.4 with its obsolete syntax (4.4) and RFC 6532.  It never
// fails: what does not follow the grammar is kept as good as can be.  The
// flat form is that of IMAP's ENVELOPE (RFC 3501 7.4.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mail::mime {

// Entries beyond this number are dropped.
inline constexpr std::size_t kMaxListed = 10'000;

struct Listed {
  enum class Kind { Mailbox, GroupStart, GroupEnd };

  Kind kind = Kind::Mailbox;
  // The display name (or a group's), unquoted and unfolded but with its
  // encoded words: decode_text() in mime/encoded_word.h makes it readable.
  // For "ann@example.org (Ann)" it is the comment.
  std::string name;
  std::string route;   // "@a.example,@b.example", mostly empty
  std::string local;   // unquoted, as written
  std::string domain;  // as written; empty when there was none

  // local@domain, the local part quoted when it must be.
  std::string address() const;
};

using AddressList = std::vector<Listed>;

AddressList parse_address_list(std::string_view value);

// Only the mailboxes, groups opened.
AddressList mailboxes(const AddressList& list);

// A mailbox as a header field holds it: encoded and quoted as needed.
// `name` is UTF-8.
std::string format_mailbox(std::string_view name, std::string_view address);

}  // namespace mail::mime
