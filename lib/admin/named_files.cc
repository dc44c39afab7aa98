#include "admin/named_files.h"

#include "base/ascii.h"
#include "base/attempt.h"
#include "base/file.h"
#include "daemon/serving.h"
#include "dns/make_resolver.h"
#include "relay/passwords.h"

namespace mail::admin {
namespace {

class Look {
 public:
  explicit Look(std::string text) : text_(std::move(text)) {}

  void certificates(const config::Settings& settings) {
    for (const auto& wrong : daemon::wrong_certificates(settings)) {
      add(wrong.setting, wrong.item, wrong.why);
    }
  }

  // A `read` that gives a Result.
  template <class Read>
  void file(std::string_view setting, Read read) {
    std::string why;
    const auto done = attempt([&] {
      if (const auto got = read(); !got) why = got.error().why;
    });
    if (!done) why = done.error().why;
    if (why.empty()) return;
    for (const auto line : split(why, '\n')) add(setting, 0, line);
  }

  std::vector<config::Mistake> take() {
    std::ranges::stable_sort(mistakes_, {}, &config::Mistake::line);
    return std::move(mistakes_);
  }

 private:
  void add(std::string_view setting, std::size_t item, std::string_view why) {
    mistakes_.push_back({config::line_of(text_, setting, item),
                         std::string(setting) + ": " + std::string(why)});
  }

  std::string text_;
  std::vector<config::Mistake> mistakes_;
};

}  // namespace

std::vector<config::Mistake> mistakes_in_files(
    const config::Settings& settings, const std::string& config) {
  Look look(read_file(config, config::kLargestFile).value_or(""));
  look.certificates(settings);
  look.file("dns_records",
            [&] { return dns::read_records(settings.dns_records); });
  look.file("relay_passwords", [&] { return relay::Passwords::read(settings); });
  return look.take();
}

}  // namespace mail::admin
