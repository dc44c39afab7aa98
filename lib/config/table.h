// The table of settings: name, type, limits, default and meaning, once each.
//
// The parser, `mailctl config`, mail.toml(5) and the tests are made from it.
// A setting's default is the value its member has in a fresh Settings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace mail::config {

using Field = std::variant<std::string Settings::*, std::int64_t Settings::*,
                           bool Settings::*,
                           std::vector<std::string> Settings::*,
                           std::vector<Listen> Settings::*>;

// What is wrong with a text value, or nothing.
using Check = std::optional<std::string> (*)(std::string_view value);

struct Setting {
  std::string_view name;
  Field field;
  std::string_view meaning;  // one sentence, shown to people
  std::int64_t least = 0;    // limits of a number, both included
  std::int64_t most = 0;
  Check check = nullptr;     // for text, and for each text of a list
};

std::span<const Setting> all_settings();
const Setting* find_setting(std::string_view name);

// The name of a setting that `name` was probably meant to be.
std::optional<std::string_view> similar_setting(std::string_view name);

// "text", "number", "true or false", "list of texts".
std::string_view type_of(const Setting& setting);

// The value as it would stand in mail.toml.
std::string show(const Settings& settings, const Setting& setting);

// "smtp=127.0.0.1:10025", "imaps=[::1]:993", "lmtp=/run/staunch/lmtp".
Result<Listen> parse_listen(std::string_view text);
std::string to_string(const Listen& listen);

// A TOML basic string, with its quotes.
std::string toml_string(std::string_view text);

}  // namespace mail::config
