// Whole IMAP sessions on a real account: whatever comes, in whatever pieces,
// before login and after it.
//
// The first byte says where the session stands and how long the pieces are.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/fault.h"
#include "tests/support/imap_site.h"

namespace {

using namespace mail::imap;

constexpr int kRuns = 2000;  // then everything is made afresh

const std::string kMessage =
    "From: a@example.test\r\nSubject: =?utf-8?q?x?=\r\n"
    "Content-Type: multipart/mixed; "
    "boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nside\r\n--b--\r\n";

std::unique_ptr<Site> fresh_site() {
  ::setenv("TMPDIR", "/dev/shm", 1);
  auto site = std::make_unique<Site>();
  auto client = site->login("alice");
  client->send(append_command("a", "INBOX", kMessage));
  client->send(append_command("a", "INBOX (\\Seen kw)", kMessage));
  return site;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static std::unique_ptr<Site> site = fresh_site();
  static int runs = 0;
  if (++runs % kRuns == 0) site = fresh_site();
  if (size < 1) return 0;
  const int start = data[0] & 3;
  const std::size_t piece = data[0] & 4 ? 1 + (data[0] >> 3) : size;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  auto client = site->connect();
  client->greet();
  if (start > 0) client->send("l LOGIN alice secret\r\n");
  if (start > 1) client->send("s SELECT INBOX\r\n");
  while (!text.empty() && !client->closed()) {
    client->send(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  client->finish();
  mail::require(client->closed(), "a session ends with its peer");
  return 0;
}
