// What queue.db holds, as plain values (spool/queue_db.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace mail::spool {

enum class RecipientState {
  Deferred = 1,  // tried again at next_at
  // 2 was: until delivery to other servers exists.
  Failed = 3,    // for good; its bounce is tried again at next_at
  // Done, but for a report of it that could not be kept (RFC 3461 4.1).
  Delivered = 4,
  Relayed = 5,
  Expanded = 6,  // an address with several behind it
};

struct StoredRecipient {
  int n = 0;                   // its place among the expanded recipients
  int source = 0;              // the envelope's recipient it comes from
  std::string address;         // where it ends
  std::string detail;          // subaddress
  std::uint64_t account = 0;   // 0: another server's
  RecipientState state = RecipientState::Deferred;
  int attempts = 0;
  Micros next_at = 0;
  std::string last_code;       // enhanced status code, "4.2.2"
  std::string last_text;
  std::string orcpt;           // RFC 3461 4.2, still encoded; or empty
  std::string notify;          // RFC 3461 4.1, for this place; or empty
  std::string remote;          // the server that said last_text; or empty
  int reply = 0;               // its SMTP reply code; 0: none
  Micros tried_at = 0;         // the last attempt; 0: none
  std::string site;            // where it was tried last; empty: nowhere
  std::string history;         // spool/attempts.h
};

struct StoredMessage {
  std::string id;
  std::int64_t size = 0;
  std::string sender;
  std::uint64_t account = 0;   // authenticated as
  Micros arrived = 0;
  Micros expires = 0;
  Micros warned = 0;           // when its sender was told of the delay
  int strikes = 0;             // workers that died of it
  bool held = false;
  int reports = 0;             // made about it so far (deliver/bouncer.h)
  std::vector<StoredRecipient> recipients;
};

// A recipient whose time has come.
struct DueRow {
  Micros next_at = 0;
  std::string site;
  std::uint64_t owner = 0;     // the account that sent it
  std::string id;
  int n = 0;
  bool operator==(const DueRow&) const = default;
};

// What is remembered of a site: a set of hosts (deliver/sites.h).
struct SiteRow {
  std::string name;
  std::int64_t window = 0;     // connections at a time
  int deaths = 0;              // in a row: how often it was found dead
  Micros dead_until = 0;
  std::string hosts;           // by preference, parted by spaces
  std::string why;             // of the last trouble
  Micros seen = 0;             // when it changed last
  int failures = 0;            // attempts in a row; not in queue.db
};

// Mail for a domain, or to a site, does not leave until then.
struct Suspension {
  enum class Kind { Domain, Site };
  Kind kind = Kind::Domain;
  std::string name;
  Micros until = 0;
  std::string why;
};

// New mail that fits is kept back as it enters the queue.  What is empty, or
// 0, fits everything; something is not.
struct HoldRule {
  std::int64_t n = 0;
  std::string sender;          // an address, "@domain", or "<>"
  std::string recipient;       // an address or "@domain"
  std::uint64_t account = 0;   // that sends it
  std::string why;
  Micros made = 0;
};

// Mail for this address, or for all of an "@domain", is not tried until then,
// but goes back to its sender.
struct Suppression {
  std::string address;
  Micros until = 0;            // 0: for ever
  std::string why;
  Micros made = 0;
};

constexpr std::string_view word(Suspension::Kind kind) {
  return kind == Suspension::Kind::Site ? "site" : "domain";
}

// One group of changes: messages as they are now, recipients that are done,
// messages that are done with.
struct QueueChanges {
  std::vector<StoredMessage> messages;
  std::vector<std::pair<std::string, int>> finished;
  std::vector<std::string> done;
  std::vector<SiteRow> sites;
};

}  // namespace mail::spool
