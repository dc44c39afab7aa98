#include "tests/bench/server_time.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace mail::bench {
namespace {

struct Process {
  int parent = 0;
  double ticks = 0;
};

// proc(5): field 4 is the parent; 14 to 17 are the times, of its children
// too.
Process read_process(const std::string& pid) {
  Process out;
  std::string text;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), text);
  const auto behind = text.rfind(')');
  if (behind == text.npos) return out;
  std::istringstream fields(text.substr(behind + 1));
  std::string field;
  for (int number = 3; number <= 17 && fields >> field; ++number) {
    if (number == 4) out.parent = std::atoi(field.c_str());
    if (number >= 14) out.ticks += std::atof(field.c_str());
  }
  return out;
}

std::map<int, Process> all_processes() {
  std::map<int, Process> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir("/proc"), closedir);
  while (const dirent* entry = proc ? readdir(proc.get()) : nullptr) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0) out[pid] = read_process(entry->d_name);
  }
  return out;
}

}  // namespace

double processor_seconds(int pid) {
  if (pid == 0) return 0;
  const auto all = all_processes();
  std::vector<int> family{pid};
  double ticks = 0;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const auto self = all.find(family[i]);
    if (self != all.end()) ticks += self->second.ticks;
    for (const auto& [child, process] : all) {
      if (process.parent == family[i]) family.push_back(child);
    }
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace mail::bench
