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
#include "store/gathering.h"
#include "store/keyword_sets.h"
#include "store/modseq_file.h"
#include "store/word_index.h"

namespace mail::store {

// How the connections of a process to one account write, one after the other.
struct Writing {
  explicit Writing(const std::string& folder)
      : turns(folder + "/write", folder + "/gate") {}

  db::Turns turns;
  Gathering gathering;
};

struct Core {
  Core(std::uint64_t account, const AccountsOptions& options,
       Writing& writing);

  std::uint64_t id;
  std::string folder;
  const UidValiditySource& next_uidvalidity;
  const std::int64_t usual_quota;
  db::Turns& turns;
  Gathering& gathering;
  ModseqFile modseq_file;
  db::Database mail;
  KeywordSets keywords;
  Cache cache;
  WordIndex words;
};

}  // namespace mail::store
