#include "imap/search_key.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/object_id.h"

namespace mail::imap {
namespace {

using Kind = SearchKey::Kind;

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxKeys = 4'000;

// What stands behind a key's word.
enum class Value {
  Text,
  Field,
  Day,
  Number,
  Age,
  Uids,
  Modseq,
  Keyword,
  Object,
};
constexpr struct ValueKey {
  std::string_view word;
  Kind kind;
  Value value;
} kValues[] = {
    {"BCC", Kind::Header, Value::Field},
    {"BEFORE", Kind::Before, Value::Day},
    {"BODY", Kind::Body, Value::Text},
    {"CC", Kind::Header, Value::Field},
    {"EMAILID", Kind::EmailId, Value::Object},
    {"FROM", Kind::Header, Value::Field},
    {"KEYWORD", Kind::Keyword, Value::Keyword},
    {"LARGER", Kind::Larger, Value::Number},
    {"MODSEQ", Kind::Modseq, Value::Modseq},
    {"OLDER", Kind::Older, Value::Age},
    {"ON", Kind::On, Value::Day},
    {"SAVEDBEFORE", Kind::SavedBefore, Value::Day},
    {"SAVEDON", Kind::SavedOn, Value::Day},
    {"SAVEDSINCE", Kind::SavedSince, Value::Day},
    {"SENTBEFORE", Kind::SentBefore, Value::Day},
    {"SENTON", Kind::SentOn, Value::Day},
    {"SENTSINCE", Kind::SentSince, Value::Day},
    {"SINCE", Kind::Since, Value::Day},
    {"SMALLER", Kind::Smaller, Value::Number},
    {"SUBJECT", Kind::Header, Value::Field},
    {"TEXT", Kind::Text, Value::Text},
    {"THREADID", Kind::ThreadId, Value::Object},
    {"TO", Kind::Header, Value::Field},
    {"UID", Kind::Uids, Value::Uids},
    {"YOUNGER", Kind::Younger, Value::Age},
};

// Reads keys one inside the other, counting them.
class KeyReader {
 public:
  explicit KeyReader(Reader& args) : args_(args) {}

  SearchKey all_of(char end);
  bool modseq() const { return modseq_; }
  bool foreign() const { return foreign_; }

 private:
  SearchKey key();
  SearchKey word_key();
  bool flag_key(std::string_view word, SearchKey& out);
  bool value_key(std::string_view word, SearchKey& out);
  bool nested_key(std::string_view word, SearchKey& out);
  void read_modseq(SearchKey& out);
  SearchKey inside();
  SearchKey any_of();
  std::string text();
  std::int64_t object(store::IdKind kind);

  Reader& args_;
  int depth_ = 0;
  std::size_t count_ = 0;
  bool modseq_ = false;
  bool foreign_ = false;
};

std::string KeyReader::text() {
  args_.space();
  const std::string text = args_.astring();
  // US-ASCII is UTF-8 too, and no other charset is known.
  if (is_utf8(text)) return fold_case(text);
  foreign_ = true;
  return {};
}

// objectid of RFC 8474 section 7; -1 for one of no email or thread.
std::int64_t KeyReader::object(store::IdKind kind) {
  const std::string_view text = args_.atom();
  const bool valid =
      text.size() <= 255 && std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
      });
  if (!valid) args_.fail("expected an object id");
  return store::parse_object_id(kind, text).value_or(-1);
}

SearchKey KeyReader::inside() {
  args_.space();
  return key();
}

SearchKey KeyReader::all_of(char end) {
  SearchKey out;
  out.kind = Kind::And;
  do {
    out.children.push_back(key());
  } while (args_.take(' '));
  if (end != '\0') args_.expect(end);
  std::ranges::stable_sort(out.children, {}, &SearchKey::cost);
  return out;
}

// Behind OR.  Programs ask for one of many by a chain of them, to the left or
// to the right: it is one key that any of its keys may fulfil, however long.
SearchKey KeyReader::any_of() {
  SearchKey out;
  out.kind = Kind::Or;
  for (std::size_t wanted = 2; wanted > 0 && !args_.failed();) {
    args_.space();
    if (args_.take_word("OR")) {
      ++wanted;
    } else {
      out.children.push_back(key());
      --wanted;
    }
  }
  std::ranges::stable_sort(out.children, {}, &SearchKey::cost);
  return out;
}

SearchKey KeyReader::key() {
  if (++count_ > kMaxKeys || depth_ > kMaxDepth) {
    args_.limit("search too large");
    return {};
  }
  ++depth_;
  SearchKey out;
  if (args_.take('(')) {
    out = all_of(')');
  } else if (is_digit(args_.next()) || args_.next() == '*' ||
             args_.next() == '$') {
    out.kind = Kind::Numbers;
    out.numbers = args_.sequence_set();
  } else {
    out = word_key();
  }
  --depth_;
  return out;
}

bool KeyReader::flag_key(std::string_view word, SearchKey& out) {
  static constexpr struct {
    std::string_view word;
    store::Flags set, clear;
  } kFlags[] = {
      {"ANSWERED", store::kAnswered, 0}, {"DELETED", store::kDeleted, 0},
      {"DRAFT", store::kDraft, 0},       {"FLAGGED", store::kFlagged, 0},
      {"SEEN", store::kSeen, 0},         {"UNANSWERED", 0, store::kAnswered},
      {"UNDELETED", 0, store::kDeleted}, {"UNDRAFT", 0, store::kDraft},
      {"UNFLAGGED", 0, store::kFlagged}, {"UNSEEN", 0, store::kSeen},
  };
  for (const auto& flag : kFlags) {
    if (!same_text(flag.word, word)) continue;
    out.kind = Kind::Flagged;
    out.set = flag.set;
    out.clear = flag.clear;
    return true;
  }
  return false;
}

// entry-flag-name of RFC 7162 section 7, without its quotes.
bool is_flag_entry(std::string_view name) {
  constexpr std::string_view kFlags = "/flags/";
  if (!has_prefix(name, kFlags)) return false;
  name.remove_prefix(kFlags.size());
  if (name.starts_with('\\')) name.remove_prefix(1);
  return !name.empty() && std::ranges::all_of(name, is_atom_char);
}

// RFC 7162 3.1.5: MODSEQ ["/flags/..." all] n; the entry's name makes no
// difference here: a message has one mod-sequence.
void KeyReader::read_modseq(SearchKey& out) {
  modseq_ = true;
  args_.space();
  if (args_.next() == '"') {
    const std::string entry = args_.string();
    if (!is_flag_entry(entry)) args_.fail("unknown entry");
    args_.space();
    const auto type = args_.atom();
    if (!same_text(type, "priv") && !same_text(type, "shared") &&
        !same_text(type, "all")) {
      args_.fail("expected priv, shared or all");
    }
    args_.space();
  }
  out.number = args_.modseq();
}

bool KeyReader::value_key(std::string_view word, SearchKey& out) {
  const auto* found = std::ranges::find_if(
      kValues, [&](const auto& v) { return same_text(v.word, word); });
  if (found == std::end(kValues)) return false;
  out.kind = found->kind;
  if (found->value == Value::Modseq) return read_modseq(out), true;
  if (found->value == Value::Text || found->value == Value::Field) {
    out.name = word;
    out.text = text();
    return true;
  }
  args_.space();
  switch (found->value) {
    case Value::Day:
      out.number = args_.day();
      break;
    case Value::Number:
      out.number = args_.number();
      break;
    case Value::Age:  // RFC 5032 section 2
      out.number = wall_time() / kSecond - args_.nz_number();
      break;
    case Value::Keyword:
      out.text = args_.atom();
      break;
    case Value::Object:
      out.number = object(out.kind == Kind::EmailId ? store::IdKind::Email
                                                    : store::IdKind::Thread);
      break;
    default:
      out.numbers = args_.sequence_set();
      break;
  }
  return true;
}

bool KeyReader::nested_key(std::string_view word, SearchKey& out) {
  if (same_text(word, "NOT") || same_text(word, "UNKEYWORD")) {
    out.kind = Kind::Not;
    if (same_text(word, "NOT")) {
      out.children.push_back(inside());
    } else {
      value_key("KEYWORD", out.children.emplace_back());
    }
  } else if (same_text(word, "OR")) {
    out = any_of();
  } else if (same_text(word, "NEW")) {  // RECENT UNSEEN
    out.kind = Kind::And;
    out.children.resize(2);
    out.children[0].kind = Kind::Recent;
    flag_key("UNSEEN", out.children[1]);
  } else if (same_text(word, "OLD")) {  // NOT RECENT
    out.kind = Kind::Not;
    out.children.emplace_back().kind = Kind::Recent;
  } else {
    return false;
  }
  return true;
}

SearchKey KeyReader::word_key() {
  const std::string word(args_.atom());
  SearchKey out;
  if (args_.failed() || same_text(word, "ALL")) return out;
  if (same_text(word, "SAVEDATESUPPORTED")) return out;  // RFC 8514 4.3: all
  if (same_text(word, "RECENT")) {
    out.kind = Kind::Recent;
  } else if (same_text(word, "HEADER")) {
    out.kind = Kind::Header;
    args_.space();
    out.name = args_.astring();
    out.text = text();
  } else if (!flag_key(word, out) && !nested_key(word, out) &&
             !value_key(word, out)) {
    args_.fail("unknown search key");
  }
  return out;
}

}  // namespace

int SearchKey::cost() const {
  int out = kind >= Kind::Body ? 2 : kind >= Kind::SentBefore ? 1 : 0;
  for (const SearchKey& child : children) out = std::max(out, child.cost());
  return out;
}

namespace {

// RFC 4466 2.6.1; an empty list means ALL (RFC 4731 3.1).
SearchReturn read_return(Reader& args) {
  static constexpr struct {
    std::string_view word;
    bool SearchReturn::* option;
  } kOptions[] = {
      {"ALL", &SearchReturn::all},   {"COUNT", &SearchReturn::count},
      {"MAX", &SearchReturn::max},   {"MIN", &SearchReturn::min},
      {"SAVE", &SearchReturn::save},
  };
  SearchReturn out;
  out.extended = true;
  args.space();
  args.expect('(');
  if (args.take(')')) {
    out.all = true;
    return out;
  }
  do {
    const auto word = args.atom();
    const auto* option = std::ranges::find_if(
        kOptions, [&](const auto& o) { return same_text(o.word, word); });
    if (option == std::end(kOptions)) {
      args.fail("unknown RETURN option");
    } else {
      out.*option->option = true;
    }
  } while (args.take(' '));
  args.expect(')');
  return out;
}

void read_keys(Reader& args, Search& out) {
  KeyReader keys(args);
  out.key = keys.all_of('\0');
  out.modseq = keys.modseq();
  out.foreign = keys.foreign();
}

}  // namespace

Search read_search(Reader& args) {
  Search out;
  args.space();
  if (args.take_word("RETURN")) {
    out.wanted = read_return(args);
    args.space();
  }
  if (args.take_word("CHARSET")) {
    args.space();
    out.charset = args.astring();
    args.space();
  }
  read_keys(args, out);
  return out;
}

Search read_search_criteria(Reader& args) {
  Search out;
  args.space();
  out.charset = args.astring();
  args.space();
  read_keys(args, out);
  return out;
}

}  // namespace mail::imap
