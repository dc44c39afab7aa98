#include "imap/fetch_message.h"

#include <algorithm>

#include "base/fault.h"
#include "imap/decoded_part.h"
#include "imap/message_bytes.h"
#include "imap/updates.h"
#include "mime/date.h"
#include "store/object_id.h"

namespace mail::imap {
namespace {

using Kind = FetchItem::Kind;
using What = Section::What;

bool is_root_fields(const FetchItem& item) {
  return item.kind == Kind::Section && item.section.part.empty() &&
         (item.section.what == What::Fields ||
          item.section.what == What::FieldsNot);
}

// Of a message as large as this the header may be very long: it is not taken
// from the cache or made a string of, but read where it lies.
constexpr std::int64_t kLarge = 4 << 20;

bool is_from_cache(const FetchItem& item, const store::Entry& entry) {
  return is_root_fields(item) && entry.size < kLarge;
}

bool is_whole(const FetchItem& item) {
  return item.kind == Kind::Section && item.section.part.empty() &&
         item.section.what == What::All;
}

store::CachedFields cached_for(const FetchItem& item) {
  switch (item.kind) {
    case Kind::Envelope:
      return store::kEnvelope;
    case Kind::Body:
      return store::kBody;
    case Kind::BodyStructure:
      return store::kBodystructure;
    case Kind::Preview:
      return store::kPreview;
    case Kind::Binary:
    case Kind::BinarySize:
      return item.section.part.empty() ? 0 : store::kParts;
    case Kind::Section:
      if (is_whole(item)) return 0;
      return is_root_fields(item) ? store::kHeader : store::kParts;
    default:
      return 0;
  }
}

// What one message's response is made from, opened as needed.
class Source {
 public:
  Source(Work& work, const store::Entry& entry, const Shown& wanted)
      : work_(work), entry_(entry), wanted_(wanted) {}

  // False: the message is gone for good.
  bool open() {
    store::CachedFields wanted = wanted_.cached;
    if (wanted == 0) return true;
    if ((wanted & store::kHeader) && entry_.size >= kLarge) {
      wanted = (wanted & ~store::kHeader) | store::kParts;
    }
    cached_ = work_.account().cached(entry_.email, wanted);
    return cached_.has_value();
  }
  const store::Cached& cached() const { return *cached_; }

  const store::PartIndex& parts() {
    if (!parts_) parts_.emplace(cached_->parts);
    return *parts_;
  }

  const MessageBytes* bytes() {
    if (!bytes_) {
      auto content = work_.account().content(entry_.email);
      if (content) bytes_.emplace(std::move(*content));
    }
    return bytes_ ? &*bytes_ : nullptr;
  }

 private:
  Work& work_;
  const store::Entry& entry_;
  const Shown& wanted_;
  std::optional<store::Cached> cached_;
  std::optional<store::PartIndex> parts_;
  std::optional<MessageBytes> bytes_;
};

// The part of an extent that a partial FETCH wants.
Extent cut(Extent extent, const FetchItem& item) {
  if (!item.partial) return extent;
  const std::uint64_t skip =
      std::min<std::uint64_t>(item.partial->first, extent.size);
  return {extent.offset + skip,
          std::min<std::uint64_t>(item.partial->count, extent.size - skip)};
}

void send_text(Response& out, std::string_view text, const FetchItem& item) {
  const Extent part = cut({0, text.size()}, item);
  out.literal(text.substr(part.offset, part.size));
}

void send_bytes(Response& out, const MessageBytes& bytes, const Extent& part) {
  out.add('{').number(static_cast<std::int64_t>(part.size)).add("}\r\n");
  bytes.send(out, part);
}

// The fields of a header, twice looked for: how long they are, then what.
void send_chosen(Work& work, const MessageBytes& bytes, const Extent& header,
                 const FetchItem& item) {
  constexpr std::size_t kPiece = 64 << 10;
  std::uint64_t size = 0;
  bytes.each_chosen(header, item.section,
                    [&](std::string_view piece) { size += piece.size(); });
  Extent left = cut({0, size}, item);
  work.out.add('{').number(static_cast<std::int64_t>(left.size)).add("}\r\n");
  bytes.each_chosen(header, item.section, [&](std::string_view piece) {
    const auto skipped = std::min<std::uint64_t>(left.offset, piece.size());
    piece = piece.substr(skipped, left.size);
    left = {left.offset - skipped, left.size - piece.size()};
    while (!piece.empty()) {
      work.out.add(piece.substr(0, kPiece));
      piece.remove_prefix(std::min(kPiece, piece.size()));
      work.breathe();
    }
  });
}

// A section that lies in the message.
Fetched send_extent(Work& work, Source& source, const FetchItem& item) {
  std::optional<Extent> extent;
  if (!is_whole(item)) {
    extent = extent_of(source.parts(), item.section);
    if (!extent) return work.out.add("NIL"), Fetched::Sent;
  }
  const MessageBytes* bytes = source.bytes();
  if (bytes == nullptr) return Fetched::Gone;
  if (!extent) extent = Extent{0, bytes->size()};
  if (item.section.what == What::Fields ||
      item.section.what == What::FieldsNot) {
    return send_chosen(work, *bytes, *extent, item), Fetched::Sent;
  }
  send_bytes(work.out, *bytes, cut(*extent, item));
  return Fetched::Sent;
}

// The decoded octets in pieces; what is gathered is sent in between.
void send_decoded(Work& work, const DecodedPart& part, const FetchItem& item) {
  const std::uint64_t first = item.partial ? item.partial->first : 0;
  const std::uint64_t most = item.partial ? item.partial->count : UINT64_MAX;
  const auto measure = part.measure({first, most});
  if (measure.has_nul) work.out.add('~');
  work.out.add('{')
      .number(static_cast<std::int64_t>(measure.size))
      .add("}\r\n");
  part.read({first, most}, [&](std::string_view piece) {
    work.out.add(piece);
    work.breathe();
  });
}

// BINARY and BINARY.SIZE of RFC 3516.  The message itself, multiparts and
// messages inside have no encoding of their own.
Fetched send_binary(Work& work, Source& source, const FetchItem& item) {
  Response& out = work.out;
  const bool sized = item.kind == Kind::BinarySize;
  const MessageBytes* bytes = source.bytes();
  if (bytes == nullptr) return Fetched::Gone;
  out.add(item.label).add(' ');
  Extent raw{0, bytes->size()};
  if (!item.section.part.empty()) {
    const store::IndexedPart* part = source.parts().find(item.section.part);
    if (part == nullptr) return out.add(sized ? "0" : "NIL"), Fetched::Sent;
    const DecodedPart decoded(*bytes, *part);
    if (!decoded.plain()) {
      if (!sized) return send_decoded(work, decoded, item), Fetched::Sent;
      raw.size = decoded.measure({0, UINT64_MAX}).size;
    } else {
      raw = {part->body_offset, part->body_size};
    }
  }
  if (sized) {
    out.number(static_cast<std::int64_t>(raw.size));
  } else {
    send_bytes(out, *bytes, cut(raw, item));
  }
  return Fetched::Sent;
}

// Whether a part's encoding is known.  Asked before anything of the message is
// sent: in the middle of a line it is too late for a NO.
bool is_decodable(Source& source, const FetchItem& item) {
  const bool binary =
      item.kind == Kind::Binary || item.kind == Kind::BinarySize;
  if (!binary || item.section.part.empty()) return true;
  const store::IndexedPart* part = source.parts().find(item.section.part);
  const MessageBytes* bytes = source.bytes();
  if (part == nullptr || bytes == nullptr) return true;
  return DecodedPart(*bytes, *part).known();
}

Fetched send_section(Work& work, const store::Entry& entry, Source& source,
                     const FetchItem& item) {
  work.out.add(item.label).add(' ');
  if (!is_from_cache(item, entry)) return send_extent(work, source, item);
  send_text(work.out, chosen_fields(source.cached().header, item.section),
            item);
  return Fetched::Sent;
}

Fetched send_item(Work& work, const store::Entry& entry, Source& source,
                  const FetchItem& item) {
  Response& out = work.out;
  switch (item.kind) {
    case Kind::Flags:
      add_flags_item(work, entry);
      return Fetched::Sent;
    case Kind::UniqueId:
      out.add("UID ").number(entry.uid);
      return Fetched::Sent;
    case Kind::InternalDate:
      out.add("INTERNALDATE \"")
          .add(mime::format_internal_date(entry.internal_date))
          .add('"');
      return Fetched::Sent;
    case Kind::Size:
      out.add("RFC822.SIZE ").number(entry.size);
      return Fetched::Sent;
    case Kind::Envelope:
      out.add("ENVELOPE ").add(source.cached().envelope);
      return Fetched::Sent;
    case Kind::Body:
      out.add("BODY ").add(source.cached().body);
      return Fetched::Sent;
    case Kind::BodyStructure:
      out.add("BODYSTRUCTURE ").add(source.cached().bodystructure);
      return Fetched::Sent;
    case Kind::Modseq:
      out.add("MODSEQ (").number(entry.modseq).add(')');
      return Fetched::Sent;
    case Kind::EmailId:
      out.add("EMAILID (")
          .add(store::object_id(store::IdKind::Email,
                                work.account().original(entry.email)))
          .add(')');
      return Fetched::Sent;
    case Kind::ThreadId:
      out.add("THREADID (")
          .add(store::object_id(store::IdKind::Thread, entry.thread))
          .add(')');
      return Fetched::Sent;
    case Kind::SaveDate:
      out.add("SAVEDATE \"")
          .add(mime::format_internal_date(entry.save_date))
          .add('"');
      return Fetched::Sent;
    case Kind::Preview:
      out.add("PREVIEW ").string(source.cached().preview);
      return Fetched::Sent;
    case Kind::Section:
      return send_section(work, entry, source, item);
    case Kind::Binary:
    case Kind::BinarySize:
      break;
  }
  return send_binary(work, source, item);
}

}  // namespace

Shown::Shown(FetchItems wanted) : items(std::move(wanted)) {
  for (const FetchItem& item : items.items) cached |= cached_for(item);
}

namespace {

// What else is told of a message that this command has marked as \Seen.
void tell_marked(Work& work, const store::Entry& entry, const Shown& wanted) {
  if (!wanted.items.has(Kind::Flags)) {
    work.out.add(' ');
    add_flags_item(work, entry);
  }
  if (!work.user.condstore) return;  // RFC 7162 3.2.4
  if (!wanted.items.has(Kind::UniqueId)) {
    work.out.add(" UID ").number(entry.uid);
  }
  if (!wanted.items.has(Kind::Modseq)) {
    work.out.add(" MODSEQ (").number(entry.modseq).add(')');
  }
}

Fetched send_line(Work& work, const store::Entry& entry, const Shown& wanted) {
  Source source(work, entry, wanted);
  if (!source.open()) return Fetched::Gone;
  for (const FetchItem& item : wanted.items.items) {
    if (!is_decodable(source, item)) return Fetched::UnknownCte;
  }
  work.out.add("* ").number(uid_list(work).number(entry.uid)).add(" FETCH (");
  bool first = true;
  for (const FetchItem& item : wanted.items.items) {
    if (!first) work.out.add(' ');
    first = false;
    const Fetched fetched = send_item(work, entry, source, item);
    if (fetched == Fetched::Sent) continue;
    if (!work.out.take_back()) throw Fault("half a message was sent");
    return fetched;
  }
  if (contains(wanted.marked, entry.uid)) tell_marked(work, entry, wanted);
  work.out.add(')').end_line();
  return Fetched::Sent;
}

// Of a message whose bytes are lost: what rows and cache.db still tell.
Shown what_is_left(Work& work, const store::Entry& entry, const Shown& wanted) {
  FetchItems items = wanted.items;
  std::erase_if(items.items, [&](const FetchItem& item) {
    if (item.kind == Kind::Section && !is_from_cache(item, entry)) return true;
    if (item.kind == Kind::Binary || item.kind == Kind::BinarySize) return true;
    const auto needed = cached_for(item);
    return needed != 0 && !work.account().cached(entry.email, needed);
  });
  Shown left(std::move(items));
  left.marked = wanted.marked;
  return left;
}

}  // namespace

Fetched send_message(Work& work, const store::Entry& entry,
                     const Shown& wanted) {
  const Fetched fetched = send_line(work, entry, wanted);
  if (fetched != Fetched::Gone) return fetched;
  const Shown left = what_is_left(work, entry, wanted);
  if (!left.items.items.empty()) send_line(work, entry, left);
  return Fetched::Gone;
}

}  // namespace mail::imap
