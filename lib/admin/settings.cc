#include "admin/settings.h"

#include <sysexits.h>

#include "admin/named_files.h"
#include "base/process.h"
#include "config/load.h"
#include "config/table.h"

namespace mail::admin {
namespace {

std::string limits_of(const config::Setting& setting) {
  if (setting.most == 0) return "";
  return std::to_string(setting.least) + " to " + std::to_string(setting.most);
}

// The value with its own type.
Value value_of(const config::Settings& settings,
               const config::Setting& setting) {
  struct Typed {
    Value operator()(const std::string& text) const { return text; }
    Value operator()(std::int64_t number) const { return number; }
    Value operator()(bool answer) const { return answer; }
    Value operator()(const std::vector<std::string>& list) const {
      return list;
    }
    Value operator()(const std::vector<config::Listen>& list) const {
      std::vector<std::string> texts;
      for (const auto& one : list) texts.push_back(config::to_string(one));
      return texts;
    }
  };
  return std::visit(
      [&](const auto field) { return Typed{}(settings.*field); },
      setting.field);
}

const config::Setting& named(const std::string& name) {
  const auto* setting = config::find_setting(name);
  if (setting) return *setting;
  const auto similar = config::similar_setting(name);
  throw Exit(EX_DATAERR, "there is no setting " + name +
                             (similar ? "; did you mean " +
                                          std::string(*similar) + "?"
                                    : ""));
}

}  // namespace

SettingsCommands::SettingsCommands(Options& options, Context& context)
    : context_(context) {
  Options& config = options.command("config", "mail.toml");
  config.command("check", "name every mistake; 78 when there is one",
                 [this] { return check(); });
  Options& show_it = config.command("show", "print every setting's value",
                                    [this] { return show(); });
  show_it.optional_argument("name", name_, "only this one");
  Options& describe_it =
      config.command("describe", "what a setting means and may be",
                     [this] { return describe(); });
  describe_it.optional_argument("name", name_, "only this one");
}

// For programs: a list of what is wrong, and nothing on standard error.
int SettingsCommands::list_mistakes(
    const std::vector<config::Mistake>& mistakes) {
  std::vector<Record> records;
  for (const config::Mistake& mistake : mistakes) {
    records.push_back({{"file", context_.config_file()},
                       {"line", static_cast<std::int64_t>(mistake.line)},
                       {"message", mistake.what}});
  }
  context_.output().list(records);
  return EX_CONFIG;
}

int SettingsCommands::check() {
  const std::string& file = context_.config_file();
  auto mistakes = context_.mistakes();
  if (mistakes.empty()) {
    mistakes = mistakes_in_files(context_.read_settings(), file);
  }
  if (mistakes.empty()) {
    context_.output().done(file + ": no mistake",
                           {{"file", file}, {"good", true}});
    return 0;
  }
  if (context_.output().format() == Format::Json) {
    return list_mistakes(mistakes);
  }
  throw Exit(EX_CONFIG, config::report(file, mistakes));
}

int SettingsCommands::show() {
  const auto settings = context_.read_settings();
  if (!name_.empty()) {
    const auto& setting = named(name_);
    const std::string value = config::show(settings, setting);
    context_.output().done(value, {{std::string(setting.name),
                                    value_of(settings, setting)}});
    return 0;
  }
  Record record;
  std::string lines;
  for (const config::Setting& setting : config::all_settings()) {
    const std::string value = config::show(settings, setting);
    record.push_back({std::string(setting.name),
                      value_of(settings, setting)});
    if (!lines.empty()) lines += "\n";
    lines += std::string(setting.name) + " = " + value;
  }
  context_.output().done(lines, record);
  return 0;
}

int SettingsCommands::describe() {
  const config::Settings defaults;
  std::vector<Record> records;
  std::string text;
  for (const config::Setting& setting : config::all_settings()) {
    if (!name_.empty() && &setting != &named(name_)) continue;
    const std::string name(setting.name);
    const std::string type(config::type_of(setting));
    const std::string value = config::show(defaults, setting);
    const std::string limits = limits_of(setting);
    records.push_back({{"name", name},
                       {"type", type},
                       {"default", value},
                       {"limits", limits},
                       {"meaning", std::string(setting.meaning)}});
    if (!text.empty()) text += "\n";
    text += name + " (" + type + (limits.empty() ? "" : ", " + limits) +
            "; default " + value + ")\n    " + std::string(setting.meaning);
  }
  if (records.empty()) named(name_);
  if (context_.output().format() == Format::Json) {
    context_.output().list(records);
  } else {
    context_.output().done(text, {});
  }
  return 0;
}

}  // namespace mail::admin
