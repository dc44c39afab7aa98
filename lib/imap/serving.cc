#include "imap/serving.h"

#include "directory/directory.h"

namespace mail::imap {

std::string refusal(const net::Peer&, net::Refused why) {
  if (why == net::Refused::AddressLimit) {
    return "* BYE [LIMIT] too many connections from your address\r\n";
  }
  return "* BYE [UNAVAILABLE] too busy, try again later\r\n";
}

std::function<std::string(std::uint64_t)> account_folders(
    const config::Settings& settings) {
  return [data = settings.data](std::uint64_t id) {
    return data + "/" + directory::account_folder(id);
  };
}

}  // namespace mail::imap
