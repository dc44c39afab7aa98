// What the strict parser takes is written and read again as the same address;
// the tolerant one takes anything.
#include <cstdint>
#include <string_view>

#include "base/fault.h"
#include "mime/address.h"
#include "mime/address_list.h"
#include "mime/encoded_word.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail::mime;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = Address::parse(text)) {
    const auto again = Address::parse(address->str());
    mail::require(again && *again == *address, "address changed");
  }
  (void)Address::parse_path(text);
  mail::require(path_length(text) <= size, "path");
  for (const Listed& entry : parse_address_list(text)) {
    (void)Address::parse(entry.address());
    const std::string name = decode_text(entry.name);
    mail::require(decode_text(encode_text(name)) == decode_text(name) ||
                      name.find("=?") != name.npos ||
                      name.find_first_of(" \t") != name.npos,
                  "name changed");
  }
  return 0;
}
