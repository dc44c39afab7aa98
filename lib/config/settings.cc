#include "config/settings.h"

namespace mail::config {

std::string Settings::run_folder() const {
  return run.empty() ? data + "/run" : run;
}

std::string Settings::spool() const { return data + "/spool"; }
std::string Settings::directory_db() const { return data + "/directory.db"; }
std::string Settings::credentials_db() const {
  return data + "/credentials.db";
}
std::string Settings::queue_db() const { return data + "/queue.db"; }
std::string Settings::accounts() const { return data + "/accounts"; }
std::string Settings::authd_socket() const { return run_folder() + "/authd"; }
std::string Settings::authd_control() const {
  return run_folder() + "/authd-control";
}
std::string Settings::scheduler_socket() const {
  return run_folder() + "/scheduler";
}
std::string Settings::queue_control() const {
  return run_folder() + "/queue-control";
}

}  // namespace mail::config
