// FetchItems: what a FETCH asks for, read (RFC 3501 section 6.4.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/reader.h"

namespace mail::imap {

// A part of a message: "1.2.HEADER", "TEXT", "".
struct Section {
  enum class What { All, Header, Fields, FieldsNot, Text, Mime };
  std::vector<std::uint32_t> part;  // {} the message itself
  What what = What::All;
  std::vector<std::string> fields;  // of Fields and FieldsNot
};

struct FetchItem {
  enum class Kind {
    Flags,
    UniqueId,
    InternalDate,
    Size,
    Envelope,
    Body,
    BodyStructure,
    Modseq,
    EmailId,  // RFC 8474
    ThreadId,
    SaveDate,  // RFC 8514
    Preview,   // RFC 8970
    Section,
    Binary,  // RFC 3516
    BinarySize,
  };
  // <first.count>
  struct Partial {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  Kind kind = Kind::Flags;
  // Of sections: how the answer is named, "BODY[1]<0>" or "RFC822".
  std::string label;
  Section section;
  std::optional<Partial> partial;
  bool marks_seen = false;  // no PEEK
};

struct FetchItems {
  std::vector<FetchItem> items;
  bool has(FetchItem::Kind kind) const;
  // Adds an item that is shown although nobody asked for it.
  void imply_first(FetchItem::Kind kind);
  void imply(FetchItem::Kind kind);
  bool marks_seen() const;
};

inline constexpr std::size_t kMaxFetchItems = 250;

// One item, a list in parentheses, or ALL, FULL, FAST.
FetchItems read_fetch_items(Reader& args);

}  // namespace mail::imap
