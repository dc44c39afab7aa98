// Core: what all parts of an open account work on.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "db/database.h"
#include "db/turn.h"
#include "store/accounts.h"
#include "store/cache.h"
#include "store/keyword_sets.h"
#include "store/modseq_file.h"
#include "store/word_index.h"

namespace mail::store {

struct Core {
  Core(std::uint64_t account, const AccountsOptions& options,
       db::Turns& writers);

  std::uint64_t id;
  std::string folder;
  const UidValiditySource& next_uidvalidity;
  const std::int64_t usual_quota;
  db::Turns& turns;
  ModseqFile modseq_file;
  db::Database mail;
  KeywordSets keywords;
  Cache cache;
  WordIndex words;
};

}  // namespace mail::store
