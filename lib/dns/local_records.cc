#include "dns/local_records.h"

#include <optional>

#include "base/ascii.h"
#include "dns/rdata.h"

namespace mail::dns {
namespace {

constexpr int kLongestChain = 8;
constexpr std::uint32_t kTtl = 60;
constexpr int kMostNamed = 20;  // bad lines

// Words between blanks; one in double quotes may hold blanks and ";".
std::optional<std::vector<std::string>> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size() && line[at] != ';') {
    if (is_blank(line[at]) || line[at] == '\r') {
      ++at;
      continue;
    }
    if (line[at] == '"') {
      const auto end = line.find('"', at + 1);
      if (end == line.npos) return std::nullopt;
      words.emplace_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    const auto end = std::min(line.find_first_of(" \t\r;\"", at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<std::string> unhex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    for (const char c : digits.substr(i, 2)) {
      const auto digit = std::string_view("0123456789abcdef").find(lower(c));
      if (digit == std::string_view::npos) return std::nullopt;
      value = value << 4 | static_cast<unsigned>(digit);
    }
    bytes += static_cast<char>(value);
  }
  return bytes;
}

using Words = std::span<const std::string>;

std::optional<std::uint64_t> number(std::string_view word,
                                    std::uint64_t most) {
  const auto value = parse_number(word);
  if (!value || *value > most) return std::nullopt;
  return value;
}

std::optional<std::string> name_data(std::string_view word) {
  const std::string name = canonical_name(word);
  if (name.empty()) return std::nullopt;
  return write_name(name);
}

std::optional<std::string> mx_data(Words words) {
  if (words.size() != 2) return std::nullopt;
  const auto preference = number(words[0], 65'535);
  const std::string host = canonical_name(words[1]);
  if (!preference || (host.empty() && words[1] != ".")) return std::nullopt;
  return write_mx({static_cast<std::uint16_t>(*preference), host});
}

std::optional<std::string> txt_data(Words words) {
  if (words.empty()) return std::nullopt;
  std::string rdata;
  for (const std::string& word : words) rdata += write_txt(word);
  return rdata;
}

std::optional<std::string> tlsa_data(Words words) {
  if (words.size() != 4) return std::nullopt;
  const auto usage = number(words[0], 255);
  const auto selector = number(words[1], 255);
  const auto matching = number(words[2], 255);
  const auto data = unhex(words[3]);
  if (!usage || !selector || !matching || !data) return std::nullopt;
  return write_tlsa({static_cast<std::uint8_t>(*usage),
                     static_cast<std::uint8_t>(*selector),
                     static_cast<std::uint8_t>(*matching), *data});
}

std::optional<Type> type_named(std::string_view word) {
  constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"A", Type::A},     {"AAAA", Type::Aaaa}, {"CNAME", Type::Cname},
      {"MX", Type::Mx},   {"PTR", Type::Ptr},   {"TXT", Type::Txt},
      {"TLSA", Type::Tlsa}};
  for (const auto& [name, type] : kTypes) {
    if (same_text(name, word)) return type;
  }
  return std::nullopt;
}

std::optional<std::string> data_of(Type type, Words words) {
  if (type == Type::Mx) return mx_data(words);
  if (type == Type::Txt) return txt_data(words);
  if (type == Type::Tlsa) return tlsa_data(words);
  if (words.size() != 1) return std::nullopt;
  if (type == Type::A || type == Type::Aaaa) {
    return write_address(words[0], type);
  }
  return name_data(words[0]);
}

}  // namespace

// Reads one line at a time into the nodes.
class LocalRecordsReader {
 public:
  explicit LocalRecordsReader(LocalRecords& into) : into_(into) {}

  bool read(std::string_view line) {
    const auto all = words_of(line);
    if (!all) return false;
    Words words = *all;
    if (words.empty()) return true;
    const bool secure = words[0] == "secure";
    if (secure) words = words.subspan(1);
    if (words.size() < 2) return false;
    const std::string name = canonical_name(words[0]);
    if (name.empty()) return false;
    words = words.subspan(1);
    if (parse_number(words[0])) words = words.subspan(1);
    if (!words.empty() && same_text(words[0], "IN")) words = words.subspan(1);
    if (words.empty()) return false;
    return add(name, secure, words);
  }

 private:
  bool add(const std::string& name, bool secure, Words words) {
    if (same_text(words[0], "TRYLATER") && words.size() == 1) {
      into_.nodes_[name].later = true;
      return true;
    }
    const auto type = type_named(words[0]);
    if (!type) return false;
    const auto data = data_of(*type, words.subspan(1));
    if (!data) return false;
    auto& node = into_.nodes_[name];
    node.records[*type].push_back(*data);
    node.secure = node.secure || secure;
    return true;
  }

  LocalRecords& into_;
};

Result<std::unique_ptr<LocalRecords>> LocalRecords::parse(
    std::string_view text, std::unique_ptr<Resolver> others) {
  auto records = std::make_unique<LocalRecords>();
  records->others_ = std::move(others);
  LocalRecordsReader reader(*records);
  std::string wrong;
  int line_number = 0;
  int count = 0;
  for (const auto line : split(text, '\n')) {
    ++line_number;
    if (reader.read(line)) continue;
    if (++count > kMostNamed) continue;
    if (!wrong.empty()) wrong += "\n";
    wrong += "line " + std::to_string(line_number) + " is not a record";
  }
  if (count > kMostNamed) {
    wrong += "\n" + std::to_string(count - kMostNamed) + " more are not";
  }
  if (!wrong.empty()) return refuse(wrong);
  return records;
}

Answer<std::string> LocalRecords::ask(std::string_view name, Type type) {
  Answer<std::string> answer;
  answer.outcome = Outcome::None;
  answer.no_such_name = true;
  answer.ttl = kTtl;
  std::string at = canonical_name(name);
  if (at.empty()) return answer;
  bool secure = true;
  for (int i = 0; i < kLongestChain; ++i) {
    const auto found = nodes_.find(at);
    if (found == nodes_.end()) {
      if (!others_) return answer;
      auto rest = others_->ask(at, type);
      rest.secure = rest.secure && secure;
      return rest;
    }
    const Node& node = found->second;
    secure = secure && node.secure;
    answer.no_such_name = false;
    answer.secure = secure;
    if (node.later) {
      answer.outcome = Outcome::TryLater;
      answer.why = "the local records say so";
      return answer;
    }
    if (const auto here = node.records.find(type);
        here != node.records.end()) {
      answer.outcome = Outcome::Found;
      answer.records = here->second;
      return answer;
    }
    const auto alias = node.records.find(Type::Cname);
    if (alias == node.records.end()) return answer;
    at = read_name(alias->second.front()).value_or("");
  }
  answer.outcome = Outcome::TryLater;
  answer.why = "a chain of aliases without end";
  return answer;
}

}  // namespace mail::dns
