#include "imap/fetch_message.h"

#include <algorithm>

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
    if (wanted_.cached == 0) return true;
    cached_ = work_.account().cached(entry_.email, wanted_.cached);
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

// A section that lies in the message.  False: the message is gone.
bool send_extent(Work& work, Source& source, const FetchItem& item) {
  std::optional<Extent> extent;
  if (!is_whole(item)) {
    extent = extent_of(source.parts(), item.section);
    if (!extent) return work.out.add("NIL"), true;
  }
  const MessageBytes* bytes = source.bytes();
  if (bytes == nullptr) return false;
  if (!extent) extent = Extent{0, bytes->size()};
  if (item.section.what == What::Fields ||
      item.section.what == What::FieldsNot) {
    send_text(work.out, chosen_fields(bytes->read(*extent), item.section),
              item);
    return true;
  }
  const Extent part = cut(*extent, item);
  work.out.add('{').number(static_cast<std::int64_t>(part.size)).add("}\r\n");
  bytes->send(work.out, part);
  return true;
}

bool send_section(Work& work, Source& source, const FetchItem& item) {
  work.out.add(item.label).add(' ');
  if (!is_root_fields(item)) return send_extent(work, source, item);
  send_text(work.out, chosen_fields(source.cached().header, item.section),
            item);
  return true;
}

bool send_item(Work& work, const store::Entry& entry, Source& source,
               const FetchItem& item) {
  Response& out = work.out;
  switch (item.kind) {
    case Kind::Flags:
      add_flags_item(work, entry);
      return true;
    case Kind::UniqueId:
      out.add("UID ").number(entry.uid);
      return true;
    case Kind::InternalDate:
      out.add("INTERNALDATE \"")
          .add(mime::format_internal_date(entry.internal_date))
          .add('"');
      return true;
    case Kind::Size:
      out.add("RFC822.SIZE ").number(entry.size);
      return true;
    case Kind::Envelope:
      out.add("ENVELOPE ").add(source.cached().envelope);
      return true;
    case Kind::Body:
      out.add("BODY ").add(source.cached().body);
      return true;
    case Kind::BodyStructure:
      out.add("BODYSTRUCTURE ").add(source.cached().bodystructure);
      return true;
    case Kind::Modseq:
      out.add("MODSEQ (").number(entry.modseq).add(')');
      return true;
    case Kind::EmailId:
      out.add("EMAILID (")
          .add(store::object_id(store::IdKind::Email, entry.email))
          .add(')');
      return true;
    case Kind::ThreadId:
      out.add("THREADID (")
          .add(store::object_id(store::IdKind::Thread, entry.thread))
          .add(')');
      return true;
    case Kind::SaveDate:
      out.add("SAVEDATE \"")
          .add(mime::format_internal_date(entry.save_date))
          .add('"');
      return true;
    case Kind::Preview:
      out.add("PREVIEW ").string(source.cached().preview);
      return true;
    case Kind::Section:
      break;
  }
  return send_section(work, source, item);
}

}  // namespace

Shown::Shown(FetchItems wanted) : items(std::move(wanted)) {
  for (const FetchItem& item : items.items) cached |= cached_for(item);
}

namespace {

bool send_line(Work& work, const store::Entry& entry, const Shown& wanted) {
  Source source(work, entry, wanted);
  if (!source.open()) return false;
  work.out.add("* ").number(uid_list(work).number(entry.uid)).add(" FETCH (");
  bool first = true;
  for (const FetchItem& item : wanted.items.items) {
    if (!first) work.out.add(' ');
    first = false;
    if (!send_item(work, entry, source, item)) {
      work.out.take_back();
      return false;
    }
  }
  if (!wanted.items.has(Kind::Flags) && contains(wanted.marked, entry.uid)) {
    work.out.add(' ');
    add_flags_item(work, entry);
    // RFC 7162 3.2.4.
    if (work.user.condstore && !wanted.items.has(Kind::UniqueId)) {
      work.out.add(" UID ").number(entry.uid);
    }
    if (work.user.condstore && !wanted.items.has(Kind::Modseq)) {
      work.out.add(" MODSEQ (").number(entry.modseq).add(')');
    }
  }
  work.out.add(')').end_line();
  return true;
}

// Of a message whose bytes are lost: what rows and cache.db still tell.
Shown what_is_left(Work& work, const store::Entry& entry, const Shown& wanted) {
  FetchItems items = wanted.items;
  std::erase_if(items.items, [&](const FetchItem& item) {
    if (item.kind == Kind::Section && !is_root_fields(item)) return true;
    const auto needed = cached_for(item);
    return needed != 0 && !work.account().cached(entry.email, needed);
  });
  Shown left(std::move(items));
  left.marked = wanted.marked;
  return left;
}

}  // namespace

bool send_message(Work& work, const store::Entry& entry, const Shown& wanted) {
  if (send_line(work, entry, wanted)) return true;
  const Shown left = what_is_left(work, entry, wanted);
  if (!left.items.items.empty()) send_line(work, entry, left);
  return false;
}

}  // namespace mail::imap
