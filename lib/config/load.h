// Loading mail.toml: every mistake at once, each with its line.
//
//   const config::Settings settings = config::load(options.config_file());
//
// The file is flat TOML, one "name = value" a setting; config/table.h lists
// them.  Relative paths count from the folder the file lies in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace mail::config {

inline constexpr std::size_t kLargestFile = 1 << 20;

// Throws an Exit (78, EX_CONFIG) that names every mistake; 66 (EX_NOINPUT)
// when there is no such file.
Settings load(const std::string& path);

// The same for those who go on without: the Refusal has one line a mistake.
Result<Settings> load_if_good(const std::string& path);

// The same for text at hand; the Refusal has one line a mistake, of the form
// "NAME:12: what is wrong".
Result<Settings> parse(std::string_view text,
                       std::string_view name = "mail.toml");

// What is wrong in a text, by line; nothing: parse() takes it.
struct Mistake {
  std::size_t line = 0;
  std::string what;
};
std::vector<Mistake> mistakes_in(std::string_view text);

// A line a mistake, as in parse().
std::string report(std::string_view name, const std::vector<Mistake>& mistakes);

// Where a setting stands, or that item of its list; 1 when it does not.
std::size_t line_of(std::string_view text, std::string_view setting,
                    std::size_t item = 0);

// load() while a daemon runs: what it cannot change then stays as it is
// (its folders and sockets, and how many senders there are).
Settings load_again(const std::string& path, const Settings& running);

}  // namespace mail::config
