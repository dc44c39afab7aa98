// The command line of a program: what every one of them understands.
//
//   mail::Options options("smtpd", "takes mail from the network");
//   options.flag("--check", check, "check the configuration and leave");
//   options.parse(argc, argv);
//
// --help and --version print and exit 0; -c FILE names the configuration; -v
// shows debug lines.  Anything not understood, and a value or an argument
// that is given empty, prints why and exits 64 (EX_USAGE).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mail {

class Options {
 public:
  Options(const std::string& program, const std::string& sentence);
  ~Options();

  // A word or a value that may be given; `value` keeps its default when not.
  void flag(const std::string& name, bool& value, const std::string& meaning);
  void value(const std::string& name, std::string& value,
             const std::string& meaning);
  void number(const std::string& name, int& value, const std::string& meaning);
  // Given any number of times, or several at once.
  void list(const std::string& name, std::vector<std::string>& values,
            const std::string& meaning);

  // Positional arguments, in the order declared; `name` without dashes.
  void argument(const std::string& name, std::string& value,
                const std::string& meaning);
  void optional_argument(const std::string& name, std::string& value,
                         const std::string& meaning);
  // One or more of them.
  void arguments(const std::string& name, std::vector<std::string>& values,
                 const std::string& meaning);

  // Any number of them, none included.
  void optional_arguments(const std::string& name,
                          std::vector<std::string>& values,
                          const std::string& meaning);

  // A subcommand with options and subcommands of its own: mailctl account
  // add.  `action` runs from run() when the command line names it.
  Options& command(const std::string& name, const std::string& meaning,
                   std::function<int()> action = {});

  // Reads the command line; exits on --help, --version and mistakes.
  void parse(int argc, char** argv);

  // Runs the action of the innermost subcommand given; its exit code.
  int run();

  const std::string& config_file() const { return config_; }
  bool verbose() const { return verbose_; }

 private:
  explicit Options(CLI::App* app);
  std::unique_ptr<CLI::App> owned_;
  CLI::App* app_;
  std::string config_ = "/etc/staunch/mail.toml";
  bool verbose_ = false;
  std::function<int()> action_;
  std::vector<std::unique_ptr<Options>> commands_;
};

}  // namespace mail
