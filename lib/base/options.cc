#include "base/options.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/log.h"

namespace mail {
namespace {

// "--domain $UNSET" must not mean every domain.
std::string not_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

// Why a word is no command where one must be, and which there are.  Of
// CLI11 one would hear that a command is missing.
std::string unknown_command(const CLI::App& top) {
  const CLI::App* app = &top;
  std::string name = top.get_name();
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    name += " " + app->get_name();
  }
  const auto is_word = [](const std::string& text) {
    return !text.empty() && text[0] != '-';
  };
  const auto words = top.remaining(true);
  const auto word = std::ranges::find_if(words, is_word);
  const auto commands = app->get_subcommands([](const CLI::App*) {
    return true;
  });
  if (word == words.end() || commands.empty()) return {};
  std::string text = *word + " is no command of " + name + "; there are:";
  for (const CLI::App* one : commands) text += " " + one->get_name();
  return text + "\nRun " + name + " --help for more.\n";
}

}  // namespace

Options::Options(const std::string& program, const std::string& sentence)
    : owned_(std::make_unique<CLI::App>(program + " - " + sentence, program)),
      app_(owned_.get()) {
  app_->set_help_flag("-h,--help", "print this and exit");
  app_->set_version_flag("--version",
                         program + " (Staunch) " STAUNCH_VERSION,
                         "print the version and exit");
  app_->add_option("-c,--config", config_, "the configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  app_->add_flag("-v,--verbose", verbose_, "log debug lines too");
}

Options::Options(CLI::App* app) : app_(app) {}

Options::~Options() = default;

void Options::flag(const std::string& name, bool& value,
                   const std::string& meaning) {
  app_->add_flag(name, value, meaning);
}

void Options::value(const std::string& name, std::string& value,
                    const std::string& meaning) {
  app_->add_option(name, value, meaning)->check(not_empty);
}

void Options::number(const std::string& name, int& value,
                     const std::string& meaning) {
  app_->add_option(name, value, meaning)->capture_default_str();
}

void Options::list(const std::string& name, std::vector<std::string>& values,
                   const std::string& meaning) {
  app_->add_option(name, values, meaning)->check(not_empty);
}

void Options::argument(const std::string& name, std::string& value,
                       const std::string& meaning) {
  app_->add_option(name, value, meaning)->required()->check(not_empty);
}

void Options::optional_argument(const std::string& name, std::string& value,
                                const std::string& meaning) {
  app_->add_option(name, value, meaning)->check(not_empty);
}

void Options::arguments(const std::string& name,
                        std::vector<std::string>& values,
                        const std::string& meaning) {
  app_->add_option(name, values, meaning)->required()->check(not_empty);
}

void Options::optional_arguments(const std::string& name,
                                 std::vector<std::string>& values,
                                 const std::string& meaning) {
  app_->add_option(name, values, meaning)->check(not_empty);
}

Options& Options::command(const std::string& name, const std::string& meaning,
                          std::function<int()> action) {
  CLI::App* sub = app_->add_subcommand(name, meaning);
  sub->set_help_flag("-h,--help", "print this and exit");
  sub->fallthrough();
  if (!action) sub->require_subcommand(1);
  commands_.push_back(
      std::unique_ptr<Options>(new Options(sub)));
  commands_.back()->action_ = std::move(action);
  return *commands_.back();
}

void Options::parse(int argc, char** argv) {
  if (!commands_.empty()) app_->require_subcommand(1);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const std::string why = unknown_command(*app_); !why.empty()) {
      std::cerr << why;
      std::exit(EX_USAGE);
    }
    const int code = app_->exit(error, std::cout, std::cerr);
    std::exit(code == 0 ? 0 : EX_USAGE);
  }
  if (verbose_) show_debug_lines();
}

int Options::run() {
  for (const auto& command : commands_) {
    if (command->app_->parsed()) return command->run();
  }
  return action_ ? action_() : EX_USAGE;
}

}  // namespace mail
