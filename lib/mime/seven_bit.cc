// A plan is made in one walk over the tree of parts, and tried once: what it
// writes is counted and looked at, so that whatever the walk did not think of
// is refused rather than sent.

#include "mime/seven_bit.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "mime/encode.h"
#include "mime/header.h"

namespace mail::mime {
namespace {

constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kLongestLine = 998;  // RFC 5322 2.1.1
constexpr std::size_t kMostEdits = 10 * kMaxParts;
constexpr std::string_view kField = "Content-Transfer-Encoding";

bool for_pieces(std::string_view message, std::uint64_t at,
                std::uint64_t length, const SevenBit::Sink& sink,
                const Passed& passed) {
  while (length > 0) {
    const auto size = std::min<std::uint64_t>(length, kPiece);
    if (!sink(message.substr(at, size))) return false;
    at += size;
    length -= size;
    passed(at);
  }
  return true;
}

// What of a body is no 7-bit text.
struct Traits {
  bool high = false;   // octets above 127
  bool other = false;  // NUL, bare CR or LF, long lines

  bool any() const { return high || other; }
};

class Looker {
 public:
  void add(std::string_view piece) {
    for (const char c : piece) {
      if (static_cast<signed char>(c) < 0) traits_.high = true;
      if (c == '\0' || (last_ == '\r') != (c == '\n')) traits_.other = true;
      length_ = c == '\n' ? 0 : length_ + 1;
      if (length_ > kLongestLine + 1) traits_.other = true;
      last_ = c;
    }
  }
  Traits finish() {
    const bool bare = last_ == '\r' || length_ > kLongestLine;
    traits_.other = traits_.other || bare;
    return traits_;
  }

 private:
  Traits traits_;
  char last_ = '\n';
  std::size_t length_ = 0;  // of the line, its CR too
};

// RFC 2045 6.2: the octets as they are.
bool is_plain(std::string_view encoding) {
  return encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

// Whether the part may be encoded by what its header says.  Where the tree
// says otherwise (mime/part.h), other readers may see parts in it; RFC 2045
// 6.4: nothing that is composite is encoded.
bool may_be_encoded(const Part& part, std::string_view type) {
  if (type.empty()) return part.is("text", "plain");
  if (type.starts_with("multipart/")) return false;
  // RFC 6532 3.7: message/global and its like may be.
  return !type.starts_with("message/") || type.starts_with("message/global");
}

class Planner {
 public:
  Planner(std::string_view message, const Passed& passed)
      : message_(message), passed_(passed) {}

  Result<std::vector<SevenBit::Edit>> run() {
    message(parse_message(message_, passed_));
    if (why_) return refuse(*why_);
    std::ranges::stable_sort(edits_, {}, &SevenBit::Edit::at);
    return std::move(edits_);
  }

 private:
  // What a part's header has to say now.
  struct Change {
    bool any = false;             // in it, or below it
    std::string_view encoding = {};
    bool no_type = false;         // it has no Content-Type, but wants one
  };
  enum class Level { Message, Part };

  Change fail(std::string why) {
    if (!why_) why_ = std::move(why);
    return {};
  }

  bool message(const Part& part) {
    const Change change = look(part);
    if (change.any) put_right(part, change, Level::Message);
    return change.any;
  }

  bool inner(const Part& part) {
    const Change change = look(part);
    if (change.any) put_right(part, change, Level::Part);
    return change.any;
  }

  Change look(const Part& part) {
    if (why_) return {};
    if (!is_ascii(header_of(message_, part))) {
      return fail("a header has octets above 127");
    }
    if (part.children.empty() || part.is("message", "global")) {
      return leaf(part);
    }
    if (!is_plain(part.encoding)) {
      if (!traits_of(part).high) return {};
      return fail("a multipart or message is encoded itself");
    }
    Change change = relabelled(part);
    if (part.is("multipart", "signed") || part.is("multipart", "encrypted")) {
      if (!traits_of(part).high) return change;
      return fail("a signed or encrypted part has octets above 127");
    }
    for (const Part& child : part.children) {
      const bool below = part.is_message() ? message(child) : inner(child);
      change.any = change.any || below;
    }
    return change;
  }

  // RFC 1847 2.1: what is signed stays as it is; so only the label of what is
  // around it is put right, when it was too large.
  static Change relabelled(const Part& part) {
    if (part.encoding == "7bit" || part.body_size == 0) return {};
    return {.any = true, .encoding = "7bit"};
  }

  Change leaf(const Part& part) {
    const Traits traits = traits_of(part);
    const bool plain = is_plain(part.encoding);
    if (!traits.any()) return plain ? relabelled(part) : Change{};
    const Header header(header_of(message_, part));
    const auto field = header.value("Content-Type");
    const bool known =
        plain || part.transfer_encoding() != Encoding::Identity;
    if (!known || !may_be_encoded(part, parse_parameterized(field).value)) {
      if (!traits.high) return {};
      return fail(known ? "a part of type " + part.type + "/" + part.subtype +
                              " must not be encoded"
                        : "a part is encoded as " + part.encoding);
    }
    const bool text = part.type == "text";
    edits_.push_back(
        {.at = part.body_offset,
         .length = part.body_size,
         .from = part.transfer_encoding(),
         .to = text ? Encoding::QuotedPrintable : Encoding::Base64});
    return {.any = true,
            .encoding = text ? "quoted-printable" : "base64",
            .no_type = field.empty() && traits.high};
  }

  Traits traits_of(const Part& part) {
    Looker looker;
    for_pieces(
        message_, part.body_offset, part.body_size,
        [&](std::string_view piece) {
          looker.add(piece);
          return true;
        },
        passed_);
    return looker.finish();
  }

  // The fields of a header that are another now: the encoding in its old
  // place (every place: which one counts is up to the reader, and taking a
  // field away may leave a line behind that ends the header), what was not
  // there behind the others.
  void put_right(const Part& part, const Change& change, Level level) {
    const std::string_view header = header_of(message_, part);
    FieldReader fields(header);
    std::string encoding;
    if (!change.encoding.empty()) {
      encoding =
          std::string(kField) + ": " + std::string(change.encoding) + "\r\n";
    }
    std::string more = encoding;
    std::uint64_t end = part.header_offset;
    bool version = level == Level::Part;
    while (const auto field = fields.next()) {
      const auto at =
          static_cast<std::uint64_t>(field->whole.data() - message_.data());
      end = at + field->whole.size();
      version = version || same_text(field->name, "MIME-Version");
      if (encoding.empty() || !same_text(field->name, kField)) continue;
      if (edits_.size() > kMostEdits) break;
      edits_.push_back({.at = at, .length = end - at, .text = encoding});
      more.clear();
    }
    if (edits_.size() > kMostEdits) {
      fail("there are too many fields to change");
      return;
    }
    const bool none = end == part.header_offset && header != "\r\n";
    if (none || end == part.header_offset + part.header_size) {
      fail("a header has no fields or no end");
      return;
    }
    // RFC 1428: what the octets mean is not known.
    if (change.no_type) more += "Content-Type: text/plain; "
                                "charset=unknown-8bit\r\n";
    if (!version) more += "MIME-Version: 1.0\r\n";
    if (more.empty()) return;
    edits_.push_back({.at = end, .text = std::move(more)});
  }

  std::string_view message_;
  const Passed& passed_;
  std::vector<SevenBit::Edit> edits_;
  std::optional<std::string> why_;
};

}  // namespace

Result<SevenBit> SevenBit::plan(std::string_view message,
                                const Passed& passed) {
  auto edits = Planner(message, passed).run();
  if (!edits) return std::unexpected(edits.error());
  SevenBit plan;
  plan.edits_ = std::move(*edits);
  const bool clean = plan.write(
      message,
      [&](std::string_view piece) {
        plan.size_ += static_cast<std::int64_t>(piece.size());
        return is_ascii(piece);
      },
      passed);
  if (!clean) return refuse("there are octets above 127 between its parts");
  return plan;
}

bool SevenBit::write(std::string_view message, const Sink& sink,
                     const Passed& passed) const {
  std::uint64_t done = 0;
  for (const Edit& one : edits_) {
    if (!for_pieces(message, done, one.at - done, sink, passed) ||
        !edit(message, one, sink, passed)) {
      return false;
    }
    done = one.at + one.length;
  }
  return for_pieces(message, done, message.size() - done, sink, passed);
}

bool SevenBit::edit(std::string_view message, const Edit& edit,
                    const Sink& sink, const Passed& passed) const {
  if (edit.to == Encoding::Identity) return sink(edit.text);
  Decoder decoder(edit.from);
  Encoder encoder(edit.to);
  const auto recode = [&](std::string_view piece) {
    return sink(encoder.add(decoder.add(piece)));
  };
  return for_pieces(message, edit.at, edit.length, recode, passed) &&
         sink(encoder.add(decoder.finish())) && sink(encoder.finish());
}

}  // namespace mail::mime
