#include "spool/queue_schema.h"

#include <array>

namespace mail::spool {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE message (
  id TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  sender TEXT NOT NULL,
  account INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  not_before INTEGER NOT NULL DEFAULT 0,
  priority INTEGER NOT NULL DEFAULT 0,
  warned INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  held INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recipient (
  id TEXT NOT NULL,
  n INTEGER NOT NULL,
  source INTEGER NOT NULL,
  address TEXT NOT NULL,
  detail TEXT NOT NULL,
  account INTEGER NOT NULL,
  site TEXT NOT NULL DEFAULT '',
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  last_code TEXT NOT NULL,
  last_text TEXT NOT NULL,
  PRIMARY KEY (id, n)
) STRICT, WITHOUT ROWID;
-- Only what is tried again by itself: 0 is never due (held, waiting).
CREATE INDEX recipient_due ON recipient (next_at) WHERE next_at > 0;
CREATE INDEX recipient_account ON recipient (account)
  WHERE account > 0 AND state = 1;
)sql";

constexpr std::string_view kReports = R"sql(
ALTER TABLE message ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN orcpt TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN notify TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN remote TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN reply INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN tried_at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE secret (secret TEXT NOT NULL) STRICT;
INSERT INTO secret VALUES (hex(randomblob(32)));
)sql";

// Mail leaves.  What waited for that (state 2) is due now.  `owner` is the
// message's account, `domain` the address's, so that an index alone says
// whose turn it is; `history` has the last attempts, one a line.
constexpr std::string_view kMailLeaves = R"sql(
ALTER TABLE recipient ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN history TEXT NOT NULL DEFAULT '';
UPDATE recipient SET
  owner = ifnull((SELECT m.account FROM message m WHERE m.id = recipient.id),
                 0),
  domain = replace(address,
                   rtrim(address, replace(address, '@', '')), '');
UPDATE recipient SET state = 1, last_text = '', next_at =
  CASE WHEN (SELECT m.held FROM message m WHERE m.id = recipient.id)
       THEN 0 ELSE 1 END
  WHERE state = 2;
DROP INDEX recipient_due;
CREATE INDEX recipient_due ON recipient (next_at, site, owner)
  WHERE next_at > 0;
CREATE INDEX recipient_site ON recipient (site) WHERE site <> '';
CREATE INDEX recipient_domain ON recipient (domain);
CREATE TABLE site (
  name TEXT PRIMARY KEY,
  window INTEGER NOT NULL,
  deaths INTEGER NOT NULL,
  dead_until INTEGER NOT NULL,
  hosts TEXT NOT NULL,
  why TEXT NOT NULL,
  seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE suspension (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  until INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
)sql";

// What administrators say of mail before it is tried.
constexpr std::string_view kRules = R"sql(
CREATE TABLE hold_rule (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  account INTEGER NOT NULL,
  why TEXT NOT NULL,
  made INTEGER NOT NULL
) STRICT;
CREATE TABLE suppression (
  address TEXT PRIMARY KEY,
  until INTEGER NOT NULL,
  why TEXT NOT NULL,
  made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kSteps = {kFirst, kReports, kMailLeaves, kRules};

}  // namespace

db::Steps queue_steps() { return kSteps; }

}  // namespace mail::spool
