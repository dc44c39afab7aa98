#include "imap/work.h"

#include "base/metrics.h"

namespace mail::imap {

std::string_view word(Reply::Status status) {
  switch (status) {
    case Reply::Status::Ok:
      return "OK ";
    case Reply::Status::No:
      return "NO ";
    case Reply::Status::Bad:
      break;
  }
  return "BAD ";
}

void count_answer(Reply::Status status) {
  count(Metric::ImapCommands, status == Reply::Status::Ok   ? "ok"
                              : status == Reply::Status::No ? "no"
                                                            : "bad");
}

store::Account& Work::account() {
  if (!lease_) lease_.emplace(shared.accounts.open(user.account));
  return **lease_;
}

void Work::breathe() {
  if (!out.full()) return;
  release();
  out.flush();
}

}  // namespace mail::imap
