// Connection's index of words: what goes in, and which messages it names.
#include <algorithm>
#include <limits>

#include "store/connection.h"
#include "store/message_text.h"
#include "store/queries.h"
#include "store/word_queries.h"

namespace mail::store {
namespace {

// Looking an email up costs about as much as stepping over so many entries.
constexpr std::int64_t kEntriesPerLookup = 12;

bool add_header(WordTable& words, std::string_view header) {
  FieldTexts fields(header);
  while (const auto field = fields.next()) {
    if (!words.add(Zone::Header, field->name) ||
        !words.add(zone_of(field->name), field->text)) {
      return false;
    }
  }
  return true;
}

// Which entries' emails are wanted.
class Wanted {
 public:
  Wanted(std::span<const EmailId> emails, EmailId above)
      : emails_(emails), above_(above) {}

  bool has(EmailId email) const {
    return email > above_ || std::ranges::binary_search(emails_, email);
  }

 private:
  std::span<const EmailId> emails_;
  EmailId above_;
};

}  // namespace

Indexing Connection::indexing() { return core_.words.indexing(); }

Indexing Connection::index_words() {
  return core_.words.advance([this](EmailId email, WordTable& words) {
    const auto about = cached(email, kHeader | kParts);
    if (!about) return true;  // gone: it has no text
    if (!add_header(words, about->header)) return false;
    const auto bytes = content(email);
    bool whole = true;
    if (!bytes) return true;
    each_body_text(about->parts, *bytes, [&](std::string_view folded) {
      return whole = words.add(Zone::Body, folded);
    });
    return whole;
  });
}

TextHits Connection::find_text(const TextKey& key) {
  return core_.words.find(key);
}

void Connection::forget_words() { core_.words.discard(); }

std::vector<Uid> Connection::uids_of(MailboxId mailbox, Modseq mark,
                                     std::span<const EmailId> emails,
                                     EmailId above) {
  const Wanted wanted(emails, above);
  std::vector<Uid> uids;
  const auto size = static_cast<std::int64_t>(emails.size());
  const auto box = this->mailbox(mailbox);
  if (box && size * kEntriesPerLookup < box->messages) {
    const auto add = [&](db::Statement& rows) {
      while (rows.step()) uids.push_back(static_cast<Uid>(rows.integer(0)));
    };
    auto& one = mail_.statement(queries::kUidsOfEmail);
    for (const EmailId email : emails) {
      if (email <= above) add(one.bind(email, mailbox));
    }
    add(mail_.statement(queries::kUidsAbove).bind(above, mailbox));
  } else {
    auto& rows = mail_.statement(queries::kEmails);
    rows.bind(mailbox);
    while (rows.step()) {
      if (!wanted.has(rows.integer(1))) continue;
      uids.push_back(static_cast<Uid>(rows.integer(0)));
    }
  }
  auto& gone = mail_.statement(queries::kExpungedSince);
  gone.bind(mailbox, mark, 1, std::numeric_limits<Uid>::max());
  while (gone.step()) {
    if (!wanted.has(gone.integer(1))) continue;
    uids.push_back(static_cast<Uid>(gone.integer(0)));
  }
  std::ranges::sort(uids);
  const auto twice = std::ranges::unique(uids);
  uids.erase(twice.begin(), twice.end());
  return uids;
}

}  // namespace mail::store
