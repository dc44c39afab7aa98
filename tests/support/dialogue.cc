#include "tests/support/dialogue.h"

#include <charconv>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/file.h"

namespace mail {
namespace {

using Kind = DialogueStep::Kind;

char unescaped(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c == 'r') return '\r';
  if (c == 'n') return '\n';
  if (c == 't') return '\t';
  if (c != 'x' || at + 2 > text.size()) return c;
  unsigned value = 0;
  std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
  at += 2;
  return static_cast<char>(value);
}

std::string expand(std::string_view text, const DialogueNames& names) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '\\' && at < text.size() &&
        std::string_view("rntx\\").find(text[at]) != text.npos) {
      out += unescaped(text, at);
      continue;
    }
    std::size_t end = at;
    while (c == '$' && end < text.size() && is_alpha(text[end])) ++end;
    const auto name = names.find(std::string(text.substr(at, end - at)));
    if (end > at && name != names.end()) {
      out += name->second;
      at = end;
    } else {
      out += c;
    }
  }
  return out;
}

// Whether `line` matches `pattern` with '~' for any bytes; `whole`: up to the
// end.
enum class Extent { Front, Whole };

bool matches(std::string_view line, std::string_view pattern, Extent extent) {
  const std::size_t star = pattern.find('~');
  const std::string_view head = pattern.substr(0, star);
  if (!line.starts_with(head)) return false;
  line.remove_prefix(head.size());
  if (star == pattern.npos) return extent == Extent::Front || line.empty();
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t skip = 0; skip <= line.size(); ++skip) {
    if (matches(line.substr(skip), rest, extent)) return true;
  }
  return false;
}

DialogueStep parse_step(std::string_view line, const DialogueNames& names) {
  static constexpr struct {
    std::string_view sign;
    Kind kind;
  } kSigns[] = {
      {">>", Kind::Send},        {"<=", Kind::Is},    {"<~", Kind::Skip},
      {">", Kind::Send},         {"<", Kind::Begins}, {"!tls", Kind::Tls},
      {"!closed", Kind::Closed},
  };
  DialogueStep step;
  if (is_digit(line[0])) {
    step.connection = line[0] - '0';
    line.remove_prefix(1);
  }
  for (const auto& [sign, kind] : kSigns) {
    if (!line.starts_with(sign)) continue;
    step.kind = kind;
    line.remove_prefix(sign.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    step.text = expand(line, names);
    if (sign == ">") step.text += "\r\n";
    return step;
  }
  throw Fault("no step of a dialogue: " + std::string(line));
}

// A connection, and whether it stands within a reply of several lines.
struct Line {
  std::unique_ptr<DialoguePeer> peer;
  bool within = false;

  std::optional<std::string> next() {
    auto line = peer->line();
    within = line && line->size() > 3 && (*line)[3] == '-' &&
             is_digit((*line)[0]) && is_digit((*line)[1]) &&
             is_digit((*line)[2]);
    return line;
  }
  void finish_reply() {
    while (within) next();
  }
};

std::string expect(Line& line, const DialogueStep& step) {
  const Extent extent = step.kind == Kind::Is ? Extent::Whole : Extent::Front;
  std::string seen;
  while (auto got = line.next()) {
    if (matches(*got, step.text, extent)) return {};
    seen = *got;
    if (step.kind != Kind::Skip) break;
  }
  return "expected " + step.text + ", got " + (seen.empty() ? "nothing" : seen);
}

std::string perform(Line& line, const DialogueStep& step) {
  switch (step.kind) {
    case Kind::Send:
      line.finish_reply();
      line.peer->send(step.text);
      return {};
    case Kind::Tls:
      line.finish_reply();
      line.peer->start_tls();
      return {};
    case Kind::Closed: {
      line.finish_reply();
      const auto rest = line.next();
      if (rest) return "expected the end, got " + *rest;
      return line.peer->closed() ? "" : "the connection is still open";
    }
    default:
      return expect(line, step);
  }
}

}  // namespace

std::vector<DialogueStep> read_dialogue(const std::string& path,
                                        const DialogueNames& names) {
  const auto text = read_file(path);
  if (!text) throw Fault("no dialogue " + path);
  std::vector<DialogueStep> steps;
  int number = 0;
  for (std::string_view line : split(*text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    steps.push_back(parse_step(line, names));
    steps.back().line = number;
  }
  return steps;
}

std::string play(const std::vector<DialogueStep>& steps,
                 const DialogueConnect& connect) {
  std::map<int, Line> lines;
  for (const DialogueStep& step : steps) {
    Line& line = lines[step.connection];
    if (!line.peer) line.peer = connect();
    const std::string wrong = perform(line, step);
    if (!wrong.empty()) return std::to_string(step.line) + ": " + wrong;
  }
  return {};
}

std::vector<std::string> dialogues_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const std::string& name : list_folder(folder)) {
    if (name.ends_with(".txt")) out.push_back(folder + "/" + name);
  }
  return out;
}

}  // namespace mail
