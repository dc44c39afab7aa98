#include "admin/status.h"

#include <sys/statvfs.h>
#include <sysexits.h>

#include "admin/instance.h"
#include "admin/probe.h"
#include "base/attempt.h"
#include "base/metrics_text.h"
#include "config/table.h"
#include "spool/queue_control.h"

namespace mail::admin {
namespace {

constexpr std::chrono::milliseconds kPatience{2000};

Record service(const std::string& name, const std::string& where,
               std::string_view state) {
  return {{"name", name}, {"where", where}, {"state", std::string(state)}};
}

constexpr std::string_view kUp = "up";
constexpr std::string_view kDown = "down";
constexpr std::string_view kSilent = "does not answer";

std::string_view state_of(bool up) { return up ? kUp : kDown; }

// Where to knock: what mail.toml lists or, where the service manager hands the
// sockets over, the ports of its socket units.
std::vector<config::Listen> places(const config::Settings& settings) {
  if (!settings.listen.empty()) return served(settings);
  const std::string here = "127.0.0.1";
  return {{"smtp", here, 25},
          {"submission", here, 587},
          {"submissions", here, 465},
          {"lmtp", settings.run_folder() + "/lmtp", 0},
          {"imap", here, 143},
          {"imaps", here, 993}};
}

std::int64_t free_octets(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return 0;
  return static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
}

}  // namespace

StatusCommand::StatusCommand(Options& options, Context& context)
    : context_(context) {
  options.command("status", "whether everything answers; 69 when not",
                  [this] { return show(); });
}

std::vector<Record> StatusCommand::services() {
  const auto& settings = context_.settings();
  std::vector<Record> records;
  for (const config::Listen& listen : places(settings)) {
    const std::string text = to_string(listen);
    records.push_back(service(listen.name, text.substr(text.find('=') + 1),
                              state_of(answers(listen, kPatience))));
  }
  records.push_back(service("authd", settings.authd_socket(),
                            state_of(anybody_at(settings.authd_socket()))));
  records.push_back(service("queue-runner", settings.scheduler_socket(),
                            state_of_scheduler()));
  return records;
}

bool StatusCommand::add_counts(Record& record) {
  const auto& settings = context_.settings();
  const auto count = [](const auto& list) {
    return static_cast<std::int64_t>(list.size());
  };
  const auto counted_them = attempt([&] {
    auto& directory = context_.directory();
    record.push_back({"domains", count(directory.domains())});
    record.push_back({"accounts", count(directory.accounts())});
  });
  if (!counted_them) record.push_back({"directory", counted_them.error().why});
  record.push_back({"free_octets", free_octets(settings.data)});
  if (queue_) {
    record.push_back({"queue_arriving", queue_->arriving});
    record.push_back({"queue_active", queue_->active});
    record.push_back({"queue_stored", queue_->stored});
  }
  for (const auto& [name, metric] :
       {std::pair{"delivered", Metric::Delivered},
        {"bounced", Metric::Bounced}}) {
    const auto number =
        counted(settings.run_folder(), "queue-runner", metric);
    if (number) record.push_back({name, *number});
  }
  return counted_them.has_value();
}

// Somebody listens there; whether he answers is another thing.
std::string_view StatusCommand::state_of_scheduler() {
  if (!anybody_at(context_.settings().scheduler_socket())) return kDown;
  spool::QueueClient* const client = context_.queue_if_up();
  if (!client) return kDown;
  if (auto status = client->status()) {
    queue_ = *status;
  } else if (client->hangs()) {
    return kSilent;
  }
  return kUp;
}

int StatusCommand::show() {
  const auto all = services();
  Record record;
  bool up = true;
  for (const Record& one : all) {
    const auto& state = std::get<std::string>(one[2].value);
    up = up && state == kUp;
    record.push_back({std::get<std::string>(one[0].value),
                      state + " " + std::get<std::string>(one[1].value)});
  }
  up = add_counts(record) && up;
  context_.output().one(record);
  return up ? 0 : EX_UNAVAILABLE;
}

}  // namespace mail::admin
