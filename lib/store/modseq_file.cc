#include "store/modseq_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/log.h"

namespace mail::store {
namespace {

// A wish further in the future than this comes from a clock that stepped.
constexpr Micros kLongestWish = 2 * kMinute;

std::string path(const std::string& folder) { return folder + "/modseq"; }

// As the machine writes them: the file never leaves it, and restore makes a
// new one.
Modseq decode(std::string_view bytes) {
  Modseq number = 0;
  if (bytes.size() == sizeof number) {
    std::memcpy(&number, bytes.data(), sizeof number);
  }
  return number;
}

}  // namespace

ModseqFile::ModseqFile(const std::string& folder)
    : file_(open_file(path(folder), O_RDWR | O_NOFOLLOW)) {}

std::optional<Modseq> ModseqFile::look(const std::string& folder) {
  const Fd file(::open(path(folder).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  Modseq number = 0;
  const auto size = ::pread(file.number(), &number, sizeof number, 0);
  return size == sizeof number ? number : 0;
}

void ModseqFile::make(const std::string& folder) {
  const Fd made = open_file(path(folder), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  made.sync();
}

Modseq ModseqFile::read() const {
  return decode(file_.read_at(0, sizeof(Modseq)));
}

void ModseqFile::set(Modseq modseq) const {
  std::array<char, sizeof modseq> bytes{};
  std::memcpy(bytes.data(), &modseq, sizeof modseq);
  file_.write_at({bytes.data(), bytes.size()}, 0);
}

// The change is on the disk by now, and nobody may be told that it failed:
// who watches hears of it with the next one.
void ModseqFile::write(Modseq modseq, Micros now) const {
  Modseq before = 0;
  const auto size = ::pread(file_.number(), &before, sizeof before, 0);
  if (size == sizeof before && is_wanted(before, now)) return;
  if (::pwrite(file_.number(), &modseq, sizeof modseq, 0) < 0) {
    log_warn("watchers-not-told", {{"modseq", modseq}});
  }
}

void ModseqFile::want_until(Micros time) const { set(-time); }

bool ModseqFile::is_wanted(Modseq number, Micros now) {
  return number < 0 && -number > now && -number < now + kLongestWish;
}

}  // namespace mail::store
