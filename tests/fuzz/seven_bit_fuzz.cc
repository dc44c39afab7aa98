// A message for servers without 8BITMIME: 7-bit, with the same tree, and
// leaves that decode to the same octets; or none.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/fault.h"
#include "mime/seven_bit.h"

namespace {

using mail::require;
using namespace mail::mime;

// Encoded as a whole, it is no message to us any more (RFC 6532 3.7).
bool has_global(const Part& part) {
  if (part.is("message", "global")) return true;
  for (const Part& child : part.children) {
    if (has_global(child)) return true;
  }
  return false;
}

void compare(std::string_view before, const Part& one, std::string_view after,
             const Part& two) {
  require(one.type == two.type && one.subtype == two.subtype, "other types");
  require(one.children.size() == two.children.size(), "other children");
  if (one.children.empty()) {
    require(decode(body_of(before, one), one.transfer_encoding()) ==
                decode(body_of(after, two), two.transfer_encoding()),
            "another body");
  }
  for (std::size_t i = 0; i < one.children.size(); ++i) {
    compare(before, one.children[i], after, two.children[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view before(reinterpret_cast<const char*>(data), size);
  const auto passed = [](std::size_t) {};
  const auto plan = SevenBit::plan(before, passed);
  if (!plan) return 0;
  std::string after;
  const bool whole = plan->write(
      before,
      [&](std::string_view piece) {
        after += piece;
        return true;
      },
      passed);
  require(whole, "cut short");
  require(mail::is_ascii(after), "not 7-bit");
  require(plan->size() == static_cast<std::int64_t>(after.size()), "size");
  const Part one = parse_message(before);
  if (!has_global(one)) compare(before, one, after, parse_message(after));
  return 0;
}
