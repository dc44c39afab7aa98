#include "imap/message_bytes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/fault.h"
#include "base/mapping.h"
#include "mime/header.h"

namespace mail::imap {
namespace {

constexpr std::uint64_t kCopied = 16 << 10;  // less is not worth a file piece

Fd duplicate(const Fd& fd) {
  Fd out(::fcntl(fd.number(), F_DUPFD_CLOEXEC, 0));
  if (!out) throw_errno("dup of a message");
  return out;
}

void each_field(std::string_view header, const Section& section,
                const MessageBytes::Use& use) {
  const bool wanted = section.what == Section::What::Fields;
  mime::FieldReader reader(header);
  while (const auto field = reader.next()) {
    const bool named = std::ranges::any_of(
        section.fields,
        [&](const std::string& name) { return same_text(name, field->name); });
    if (named != wanted) continue;
    use(field->whole);
    if (!field->whole.ends_with('\n')) use("\r\n");
  }
}

}  // namespace

std::optional<Extent> extent_of(const store::PartIndex& index,
                                const Section& section) {
  const store::IndexedPart* part = index.find(section.part);
  if (part == nullptr) return {};
  if (section.what == Section::What::Mime) {
    return Extent{part->header_offset, part->header_size};
  }
  if (section.part.empty()) {
    if (section.what == Section::What::All) {
      return Extent{0, part->header_size + part->body_size};
    }
  } else {
    if (section.what == Section::What::All) {
      return Extent{part->body_offset, part->body_size};
    }
    part = index.inside(*part);  // RFC 3501: HEADER, TEXT of a message/rfc822
    if (part == nullptr) return {};
  }
  if (section.what == Section::What::Text) {
    return Extent{part->body_offset, part->body_size};
  }
  return Extent{part->header_offset, part->header_size};
}

std::string chosen_fields(std::string_view header, const Section& section) {
  std::string out;
  each_field(header, section, [&](std::string_view piece) { out += piece; });
  return out += "\r\n";
}

void MessageBytes::each_chosen(const Extent& header, const Section& section,
                               const Use& use) const {
  const std::string_view prefix = content_.prefix;
  const std::string_view front = prefix.substr(
      std::min<std::size_t>(header.offset, prefix.size()), header.size);
  each_field(front, section, use);
  const std::uint64_t rest = header.size - front.size();
  if (rest > 0) {
    const Mapping all(content_.file, static_cast<std::size_t>(content_.length));
    const std::uint64_t from = header.offset + front.size() - prefix.size();
    if (from + rest > all.view().size()) throw Fault("a message is cut short");
    each_field(all.view().substr(from, rest), section, use);
  }
  use("\r\n");
}

std::uint64_t MessageBytes::size() const {
  return content_.prefix.size() + static_cast<std::uint64_t>(content_.length);
}

std::string MessageBytes::read(const Extent& extent) const {
  const std::string_view prefix = content_.prefix;
  std::string out(prefix.substr(
      std::min<std::size_t>(extent.offset, prefix.size()), extent.size));
  const std::uint64_t rest = extent.size - out.size();
  if (rest == 0) return out;
  const std::uint64_t from = extent.offset + out.size() - prefix.size();
  out += content_.file.read_at(static_cast<std::int64_t>(from), rest);
  if (out.size() != extent.size) throw Fault("a message is cut short");
  return out;
}

void MessageBytes::send(Response& out, const Extent& extent) const {
  if (extent.size <= kCopied) {
    out.add(read(extent));
    return;
  }
  const std::string_view front =
      std::string_view(content_.prefix)
          .substr(std::min<std::size_t>(extent.offset, content_.prefix.size()),
                  extent.size);
  out.add(front);
  const std::uint64_t from =
      extent.offset + front.size() - content_.prefix.size();
  out.file(duplicate(content_.file), static_cast<std::int64_t>(from),
           static_cast<std::int64_t>(extent.size - front.size()));
}

}  // namespace mail::imap
