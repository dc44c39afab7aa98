// The part tree as cache.db keeps it: whatever stands there, nothing is read
// that is not in it.
#include <array>
#include <cstdint>
#include <string_view>

#include "base/fault.h"
#include "imap/message_bytes.h"
#include "store/part_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace mail;
  const std::string_view packed(reinterpret_cast<const char*>(data), size);
  const store::PartIndex index(packed);
  if (!index.valid()) return 0;

  for (const store::IndexedPart& part : index.parts()) {
    for (const std::uint32_t child : part.children) {
      require(child < index.parts().size(), "a child is in the index");
    }
    (void)index.inside(part);
  }
  const std::array<std::uint32_t, 4> path{1, 2, 1, 3};
  for (std::size_t depth = 0; depth <= path.size(); ++depth) {
    imap::Section section;
    section.part.assign(path.begin(),
                        path.begin() + static_cast<std::ptrdiff_t>(depth));
    for (const auto what :
         {imap::Section::What::All, imap::Section::What::Header,
          imap::Section::What::Text, imap::Section::What::Mime}) {
      section.what = what;
      (void)imap::extent_of(index, section);
    }
  }
  return 0;
}
