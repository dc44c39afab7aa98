// What the DNS and the file of local records may bring: any bytes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dns/local_records.h"
#include "dns/rdata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail::dns;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_mx(text);
  read_a(text);
  read_aaaa(text);
  read_txt(text);
  read_tlsa(text);
  // A name that was read is one that can be written again.
  if (const auto name = read_name(text); name && !name->empty()) {
    if (read_name(write_name(*name)) != *name) __builtin_trap();
  }
  if (auto records = LocalRecords::parse(text)) {
    (*records)->mx("example.test");
    (*records)->txt(text);
  }
  return 0;
}
