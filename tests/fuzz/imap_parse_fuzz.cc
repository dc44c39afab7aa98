// The parsers of IMAP's arguments, each on the same bytes.
#include <cstdint>
#include <string_view>

#include "base/fault.h"
#include "imap/fetch_items.h"
#include "imap/pattern.h"
#include "imap/qresync.h"
#include "imap/search_key.h"
#include "imap/utf7.h"
#include "store/packed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail;
  using namespace mail::imap;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  Reader search(text);
  (void)read_search(search);
  Reader items(text);
  for (const FetchItem& item : read_fetch_items(items).items) {
    require(item.label.find_first_of("\r\n") == item.label.npos,
            "a label is one line");
  }
  Reader known_text(text);
  const Known known = read_known(known_text);
  if (!known_text.failed()) {
    const UidList list(UidSet{{1, 9}, {12, 12}, {14, 400}});
    const Uid last = last_match(list, known.numbers, known.number_uids);
    require(last == 0 || list.number(last) != 0, "a match is in the list");
  }
  if (const auto uids = store::unpack_uids(text)) {
    require(store::unpack_uids(store::pack_uids(*uids)).has_value(),
            "packed UIDs changed");
  }
  Reader flags(text);
  flags.flags();
  Reader date(text);
  date.date_time();

  if (const auto set = parse_sequence_set(text)) {
    const UidSet resolved = set->resolve(7);
    const auto again = parse_sequence_set(to_text(resolved));
    require(resolved.empty() ||
                (again && to_text(again->resolve(1)) == to_text(resolved)),
            "a set changed");
  }
  if (const auto name = from_utf7(text)) {
    const auto again = from_utf7(to_utf7(*name));
    require(again && *again == *name, "a name changed");
  }
  const std::size_t half = std::min<std::size_t>(size / 2, 100);
  (void)Pattern("", text.substr(0, half)).matches(text.substr(half, 200));
  return 0;
}
