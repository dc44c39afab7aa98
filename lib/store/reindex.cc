// Making the index of words anew, while others use the account.
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "base/fault.h"
#include "store/administration.h"

namespace mail::store {
namespace {

// While a session is indexing too.
constexpr auto kPause = std::chrono::milliseconds(20);

}  // namespace

Reindexed reindex(const std::string& folder, std::uint64_t id,
                  const IndexProgress& progress) {
  AccountsOptions options;
  options.folder = [&](std::uint64_t) { return folder; };
  options.cache_kilobytes = 8'000;
  Accounts accounts(options);
  accounts.open(id)->forget_words();
  Reindexed done;
  Indexing state;
  do {
    const auto lease = accounts.open(id);
    state = lease->index_words();
    done.emails = lease->usage().emails;
    progress(state.upto, state.newest);
    if (state.step == Indexing::Step::Busy) {
      std::this_thread::sleep_for(kPause);
    }
  } while (state.step != Indexing::Step::Done);
  if (accounts.open(id)->indexing().step != Indexing::Step::Done) {
    throw Fault("the index of words could not be made");
  }
  struct stat about{};
  if (::stat((folder + "/search.db").c_str(), &about) == 0) {
    done.bytes = about.st_size;
  }
  return done;
}

}  // namespace mail::store
