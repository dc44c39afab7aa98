#include "deliver/bounce_original.h"

#include <algorithm>

#include "base/ascii.h"
#include "deliver/bounce_words.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/message_id.h"

namespace mail::deliver {
namespace {

constexpr std::int64_t kMostContent = 50'000;
constexpr std::size_t kMostSubject = 400;
constexpr std::size_t kMostReferences = 20;
constexpr std::size_t kLongestId = 250;

// RFC 5322 2.1.1, without CR LF.
constexpr std::size_t kLongestLine = 998;

// The front of the message, as it is to be seen: with the prefix.
std::string front_of(const spool::Item& item) {
  const auto length = std::min(item.footer.message_length, kMostContent);
  return item.envelope.prefix +
         item.file.read_at(0, static_cast<std::size_t>(length));
}

bool is_id(std::string_view id) {
  return id.size() <= kLongestId && std::ranges::all_of(id, [](char c) {
    return c > ' ' && c < 0x7f && c != '<' && c != '>';
  });
}

// Every line ended by CR LF, none too long, no NUL: fit for "7bit" and
// "8bit" (RFC 2045 2.7, 2.8).  A piece cut off goes on as folded text.
std::string tidy_lines(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  const auto end_line = [&] {
    out += "\r\n";
    column = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') {
      if (c == '\r' && text.substr(i + 1, 1) == "\n") ++i;
      end_line();
      continue;
    }
    if (column == kLongestLine) {
      out += "\r\n ";
      column = 1;
    }
    out += c == '\0' ? '?' : c;
    ++column;
  }
  if (column > 0) end_line();
  return out;
}

bool may_be_returned_whole(std::string_view text) {
  return tidy_lines(text) == text;
}

std::string header_of(std::string_view front) {
  const mime::Header header(front);
  std::string_view text = front.substr(0, header.size());
  // No line cut short, and no empty one behind.
  if (text.size() == front.size() && !text.ends_with('\n')) {
    text = text.substr(0, text.rfind('\n') + 1);
  }
  std::string lines = tidy_lines(text);
  while (lines.ends_with("\r\n\r\n") || lines == "\r\n") {
    lines.resize(lines.size() - 2);
  }
  return lines;
}

}  // namespace

Original read_original(const spool::Item& item) {
  const std::string front = front_of(item);
  const mime::Header header(front);
  Original original;
  original.subject = one_line(
      mime::decode_text(header.value("Subject").substr(0, 4096)),
      kMostSubject);
  original.date = ascii_line(mime::unfold(header.value("Date")), 100);
  original.message_id = mime::message_id(header.value("Message-ID"));
  if (!is_id(original.message_id)) original.message_id.clear();
  // RFC 5322 3.6.4.
  auto ids = mime::message_ids(header.value("References"));
  if (ids.empty()) ids = mime::message_ids(header.value("In-Reply-To"));
  std::erase_if(ids, [](const auto& id) { return id.empty() || !is_id(id); });
  if (ids.size() > kMostReferences) {
    ids.erase(ids.begin() + 1,
              ids.end() - static_cast<std::ptrdiff_t>(kMostReferences - 1));
  }
  original.references = std::move(ids);
  return original;
}

Returned returned(const BounceRequest& request, const spool::Item& item) {
  const auto& envelope = item.envelope;
  const bool wanted = envelope.ret.empty() ? envelope.account != 0
                                           : same_text(envelope.ret, "FULL");
  std::string front = front_of(item);
  const std::string header = header_of(front);
  // RFC 6532: UTF-8 in fields.
  const bool utf8 = envelope.smtputf8 && !is_ascii(header);
  const bool whole = wanted && !envelope.require_tls &&
                     request.has(Action::Failed) &&
                     item.footer.message_length <= kMostContent &&
                     may_be_returned_whole(front);
  if (whole) {
    return {utf8 ? "message/global" : "message/rfc822", std::move(front),
            true};
  }
  return {utf8 ? "message/global-headers" : "text/rfc822-headers",
          header, false};
}

}  // namespace mail::deliver
