#include "imap/search_index.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "base/ascii.h"
#include "base/clock.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

// So few messages are looked at sooner than the index is asked.
constexpr std::int64_t kFew = 20;

// The whole backlog is indexed for a search that would look at half as many
// messages; a smaller search does a part of it.
constexpr std::int64_t kBacklogPerMessage = 2;
constexpr std::int64_t kSmallBacklog = 1'000;

// While somebody else is indexing.
constexpr auto kPause = std::chrono::milliseconds(10);
constexpr Micros kPatience = 60 * kSecond;

bool is_text(const SearchKey& key) {
  return !key.text.empty() &&
         (key.kind == Kind::Header || key.kind == Kind::Body ||
          key.kind == Kind::Text);
}

bool has_text(const SearchKey& key) {
  return is_text(key) || std::ranges::any_of(key.children, has_text);
}

// In batches, between which others have the account.
void catch_up(Work& work, std::int64_t messages) {
  using Step = store::Indexing::Step;
  const store::Indexing state = work.account().indexing();
  const std::int64_t backlog = state.newest - state.upto;
  const bool all = backlog <= messages * kBacklogPerMessage + kSmallBacklog;
  const Micros end = steady_time() + kPatience;
  Step step = state.step;
  while (step != Step::Done) {
    step = work.account().index_words().step;
    work.release();
    if (!all) return;
    if (step != Step::Busy) continue;
    if (steady_time() > end) return;
    std::this_thread::sleep_for(kPause);
  }
}

store::TextKey question(const SearchKey& key) {
  using In = store::TextKey::In;
  store::TextKey out;
  out.in = key.kind == Kind::Text   ? In::Text
           : key.kind == Kind::Body ? In::Body
                                    : In::Field;
  out.field = lower(key.name);
  out.text = key.text;
  return out;
}

UidSet to_set(const std::vector<Uid>& uids) {
  UidSet out;
  for (const Uid uid : uids) append(out, uid);
  return out;
}

SearchKey of_uids(UidSet uids) {
  SearchKey key;
  key.kind = Kind::Uids;
  key.uids = std::move(uids);
  return key;
}

SearchKey combined(Kind kind, SearchKey a, SearchKey b) {
  SearchKey key;
  key.kind = kind;
  key.children.push_back(std::move(a));
  key.children.push_back(std::move(b));
  return key;
}

// Nothing indexed says nothing.
void rewrite_text(Work& work, SearchKey& key) {
  const store::TextHits hits = work.account().find_text(question(key));
  if (hits.upto == 0) return;
  const Selected& box = work.selected();
  const auto uids_of = [&](const std::vector<store::EmailId>& emails,
                           store::EmailId above) {
    return to_set(work.account().uids_of(box.id, box.mark, emails, above));
  };
  SearchKey sure = of_uids(uids_of(hits.sure, INT64_MAX));
  UidSet maybe = uids_of(hits.maybe, hits.upto);
  if (maybe.empty()) {
    key = std::move(sure);
    return;
  }
  SearchKey look =
      combined(Kind::And, of_uids(std::move(maybe)), std::move(key));
  key = combined(Kind::Or, std::move(sure), std::move(look));
}

void rewrite(Work& work, SearchKey& key) {
  if (is_text(key)) return rewrite_text(work, key);
  for (SearchKey& child : key.children) rewrite(work, child);
}

// A set that holds all messages that match; nothing when it could be any.
std::optional<UidSet> bound(const SearchKey& key) {
  if (key.kind == Kind::Uids) return key.uids;
  std::optional<UidSet> out;
  if (key.kind == Kind::And) {
    for (const SearchKey& child : key.children) {
      auto among = bound(child);
      if (!among) continue;
      out = out ? intersection(*out, *among) : std::move(*among);
    }
  } else if (key.kind == Kind::Or) {
    std::vector<UidRange> ranges;
    for (const SearchKey& child : key.children) {
      const auto among = bound(child);
      if (!among) return {};
      ranges.insert(ranges.end(), among->begin(), among->end());
    }
    out = normal(std::move(ranges));
  }
  return out;
}

}  // namespace

UidSet consult_index(Work& work, SearchKey& key, UidSet among) {
  if (!has_text(key) || count(among) <= kFew) return among;
  catch_up(work, count(among));
  rewrite(work, key);
  const auto can = bound(key);
  return can ? intersection(among, *can) : std::move(among);
}

}  // namespace mail::imap
