// How a list is taken apart
//
// Words are gathered until a character tells what they were: '<' makes them a
// display name, '@' makes the last run of words and dots a local part, ':'
// makes them the name of a group, and a separator makes them a mailbox
// without domain.  So one pass suffices and nothing is looked at twice.
#include "mime/address_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ascii.h"
#include "mime/address.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/scan.h"

namespace mail::mime {
namespace {

constexpr std::string_view kSpecials = "<>@,;:.\"(";

// Longer ones are taken apart at the specials within (RFC 2047: at most 75).
constexpr std::size_t kMaxEncodedWord = 500;

// The length of an encoded word at the front, or 0.  Many writers leave
// commas and the like in them, so they are taken whole.
std::size_t encoded_word_length(std::string_view text) {
  if (!text.starts_with("=?")) return 0;
  text = text.substr(0, kMaxEncodedWord);
  std::size_t mark = 2;
  for (int i = 0; i < 2; ++i) {
    mark = text.find('?', mark);
    if (mark == text.npos) return 0;
    ++mark;
  }
  const std::size_t end = text.find("?=", mark);
  if (end == text.npos) return 0;
  const std::string_view word = text.substr(0, end + 2);
  return word.find_first_of(" \t\r\n<>\"") == word.npos ? word.size() : 0;
}

class ListParser {
 public:
  explicit ListParser(std::string_view text) : scan_(text) {}

  AddressList run();

 private:
  void step();
  void word(std::string_view text, bool after_blank);
  void angle();
  void bare_domain();
  void group();
  void flush();
  void clear();
  void end_group();
  void add(Listed entry);
  std::string domain();
  std::string plain_word();

  Scanner scan_;
  AddressList list_;
  bool in_group_ = false;
  std::string phrase_;      // all words since the last separator
  std::string local_;       // the last run of them without white space
  std::size_t run_at_ = 0;  // where that run begins in phrase_
};

AddressList ListParser::run() {
  while (!scan_.at_end() && list_.size() < kMaxListed) step();
  flush();
  if (in_group_) end_group();
  return std::move(list_);
}

void ListParser::step() {
  const bool blank = scan_.skip_blank();
  if (scan_.at_end()) return;
  switch (scan_.peek()) {
    case ',':
      scan_.skip(1);
      return flush();
    case ';':
      scan_.skip(1);
      flush();
      if (in_group_) end_group();
      return;
    case ':':
      return group();
    case '<':
      return angle();
    case '@':
      return bare_domain();
    case '>':
      return scan_.skip(1);
    case '.':
      scan_.skip(1);
      return word(".", blank);
    default:
      return word(plain_word(), blank);
  }
}

// A quoted string, an encoded word, or a run of other characters; at least
// one character.
std::string ListParser::plain_word() {
  if (auto quoted = scan_.quoted()) return std::move(*quoted);
  std::size_t length = encoded_word_length(scan_.rest());
  if (length == 0) {
    const std::string_view rest = scan_.rest();
    const std::string_view run = scan_.until(kSpecials);
    if (!run.empty()) return std::string(run);
    scan_.skip(1);  // a quote or parenthesis that is never closed
    return std::string(rest.substr(0, 1));
  }
  std::string out(scan_.rest().substr(0, length));
  scan_.skip(length);
  return out;
}

void ListParser::word(std::string_view text, bool after_blank) {
  // "a . b" is one run (obs-local-part), "a b" are two.
  const bool joins = text == "." || local_.ends_with('.');
  if (after_blank && !phrase_.empty()) phrase_ += ' ';
  if (!joins && after_blank) {
    local_.clear();
    run_at_ = phrase_.size();
  }
  phrase_ += text;
  local_ += text;
}

// route and addr-spec between < and >; "<" was met.
void ListParser::angle() {
  scan_.skip(1);
  Listed entry;
  entry.name = std::string(trim(phrase_));
  scan_.skip_blank();
  if (scan_.peek() == '@') {
    const std::string_view rest = scan_.rest();
    const std::size_t stop = rest.find_first_of(":>\"");
    if (stop != rest.npos && rest[stop] == ':') {
      for (const char c : rest.substr(0, stop)) {
        if (c > ' ' || static_cast<unsigned char>(c) >= 0x80) entry.route += c;
      }
      scan_.skip(stop + 1);
    }
  }
  bool at = false;
  while (!scan_.at_end()) {
    scan_.skip_blank();
    const char c = scan_.peek();
    if (scan_.at_end() || c == '>' || c == ',' || c == ';') break;
    if (c == '@') {
      if (at) entry.local += "@" + entry.domain;
      entry.domain.clear();
      at = true;
      scan_.skip(1);
      continue;
    }
    const bool special = c == '.' || c == ':' || c == '<';
    if (special) scan_.skip(1);
    (at ? entry.domain : entry.local) +=
        special ? std::string(1, c) : plain_word();
  }
  scan_.take('>');
  clear();
  const bool empty = entry.name.empty() && entry.local.empty() && !at;
  if (!empty) add(std::move(entry));
}

std::string ListParser::domain() {
  std::string out;
  scan_.skip_blank();
  if (scan_.peek() == '[') {
    const std::string_view rest = scan_.rest();
    const std::size_t stop = rest.find_first_of("],;<>");
    const bool whole = stop != rest.npos && rest[stop] == ']';
    if (whole) {
      out = rest.substr(0, stop + 1);
      scan_.skip(stop + 1);
      return out;
    }
  }
  for (;;) {
    out += scan_.until(kSpecials);
    // Blanks are obsolete syntax around dots only.
    scan_.skip_blank();
    if (!scan_.take('.')) return out;
    out += '.';
    scan_.skip_blank();
  }
}

// "@" behind words: an address without brackets.
void ListParser::bare_domain() {
  scan_.skip(1);
  scan_.forget_comment();
  const std::string host = domain();
  scan_.skip_blank();
  // "ann@example.org <ann@example.org>" and "a@b@c": it was no address yet.
  // Only appended, so that a million of '@' cost no more than other bytes.
  if (scan_.peek() == '<' || scan_.peek() == '@') {
    for (std::string* text : {&phrase_, &local_}) (*text += '@') += host;
    return;
  }
  Listed entry;
  entry.local = std::move(local_);
  entry.domain = host;
  entry.name = std::string(trim(std::string_view(phrase_).substr(0, run_at_)));
  if (entry.name.empty()) entry.name = scan_.last_comment();
  clear();
  add(std::move(entry));
}

void ListParser::group() {
  scan_.skip(1);
  if (in_group_) return word(":", false);
  in_group_ = true;
  Listed entry;
  entry.kind = Listed::Kind::GroupStart;
  entry.name = std::string(trim(phrase_));
  clear();
  add(std::move(entry));
}

// Words that no '<', '@' or ':' followed: a mailbox without domain.
void ListParser::flush() {
  Listed entry;
  entry.local = std::string(trim(phrase_));
  if (!entry.local.empty()) {
    entry.name = scan_.last_comment();
    add(std::move(entry));
  }
  clear();
}

void ListParser::clear() {
  phrase_.clear();
  local_.clear();
  run_at_ = 0;
  scan_.forget_comment();
}

void ListParser::end_group() {
  in_group_ = false;
  Listed entry;
  entry.kind = Listed::Kind::GroupEnd;
  list_.push_back(std::move(entry));
}

void ListParser::add(Listed entry) {
  if (list_.size() < kMaxListed) list_.push_back(std::move(entry));
}

bool is_plain_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return is_alpha(c) || is_digit(c) || c == ' ' || c == '-' || c == '_';
  });
}

}  // namespace

std::string Listed::address() const {
  if (kind != Kind::Mailbox) return {};
  if (domain.empty()) return local;
  return quote_local(local) + "@" + domain;
}

AddressList parse_address_list(std::string_view value) {
  return ListParser(value.substr(0, kMaxValue)).run();
}

AddressList mailboxes(const AddressList& list) {
  AddressList out;
  std::ranges::copy_if(list, std::back_inserter(out), [](const Listed& entry) {
    return entry.kind == Listed::Kind::Mailbox;
  });
  return out;
}

std::string format_mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) return std::string(address);
  const std::string encoded = encode_text(name);
  const bool encoded_words = encoded != name;
  std::string out;
  if (encoded_words || is_plain_name(name)) {
    out = encoded;
  } else {
    out = '"';
    for (const char c : name) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + " <" + std::string(address) + ">";
}

}  // namespace mail::mime
