#include "deliver/bounce.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/date.h"

namespace mail::deliver {
namespace {

constexpr std::int64_t kMostContent = 50'000;
constexpr std::int64_t kMostHeader = 50'000;

// In one line, for a field or a sentence.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return line;
}

bool all_ascii(const BounceRequest& request, const spool::Item& item) {
  return is_ascii(item.envelope.sender) &&
         std::ranges::all_of(request.recipients, [](const auto& r) {
           return is_ascii(r.address) && is_ascii(r.original) &&
                  is_ascii(r.text);
         });
}

std::string person_text(const BounceRequest& request) {
  const bool failed = request.kind == BounceKind::Failed;
  std::string text = "This is the mail system at " + request.hostname +
                     ".\r\n\r\n";
  text += failed ? "Your message could not be delivered to:\r\n"
                 : "Your message has not been delivered yet to:\r\n";
  for (const auto& r : request.recipients) {
    text += "\r\n  <" + one_line(r.original) + ">";
    if (r.original != r.address) {
      text += " (that is, <" + one_line(r.address) + ">)";
    }
    text += "\r\n    " + one_line(r.text) + "\r\n";
  }
  text += failed ? "\r\nNo further attempt is made. "
                 : "\r\nIt is tried until " +
                       mime::format_date(request.until) + ". ";
  text += failed ? "The message, or its header, is attached.\r\n"
                 : "You need not send it again.\r\n";
  return text;
}

std::string typed(std::string_view address) {
  // RFC 6533 section 3: an address type of its own for UTF-8.
  return (is_ascii(address) ? "rfc822; " : "utf-8; ") + one_line(address);
}

std::string facts(const BounceRequest& request, const spool::Item& item) {
  std::string text = "Reporting-MTA: dns; " + request.hostname + "\r\n";
  if (!item.envelope.envid.empty()) {
    text += "Original-Envelope-Id: " + one_line(item.envelope.envid) + "\r\n";
  }
  text += "Arrival-Date: " + mime::format_date(item.envelope.arrived) +
          "\r\n";
  const bool failed = request.kind == BounceKind::Failed;
  for (const auto& r : request.recipients) {
    text += "\r\n";
    if (!r.orcpt.empty()) {
      text += "Original-Recipient: " + one_line(r.orcpt) + "\r\n";
    }
    text += "Final-Recipient: " + typed(r.address) + "\r\n";
    text += failed ? "Action: failed\r\n" : "Action: delayed\r\n";
    text += "Status: " + r.status + "\r\n";
    if (!r.text.empty()) {
      text += "Diagnostic-Code: x-staunch; " + one_line(r.text) + "\r\n";
    }
    if (!failed) {
      text += "Will-Retry-Until: " + mime::format_date(request.until) +
              "\r\n";
    }
  }
  return text;
}

// RFC 3461 4.3: RET=HDRS, and for what is long, only the header.
struct Returned {
  std::string type;
  std::string bytes;
};

Returned returned(const BounceRequest& request, const spool::Item& item) {
  const bool utf8 = item.envelope.smtputf8;
  const bool whole = request.kind == BounceKind::Failed &&
                     item.envelope.ret != "HDRS" &&
                     item.footer.message_length <= kMostContent;
  const std::string bytes =
      item.envelope.prefix +
      item.file.read_at(0, static_cast<std::size_t>(std::min(
                               item.footer.message_length, kMostHeader)));
  if (whole) return {utf8 ? "message/global" : "message/rfc822", bytes};
  const std::size_t end = bytes.find("\r\n\r\n");
  std::string header =
      bytes.substr(0, end == std::string::npos ? end : end + 2);
  header.resize(header.rfind('\n') + 1);  // no line cut short
  return {utf8 ? "message/global-headers" : "text/rfc822-headers", header};
}

std::string part(std::string_view boundary, std::string_view type,
                 const std::string& body) {
  return "--" + std::string(boundary) + "\r\nContent-Type: " +
         std::string(type) + "\r\nContent-Transfer-Encoding: " +
         (is_ascii(body) ? "7bit" : "8bit") + "\r\n\r\n" + body + "\r\n";
}

}  // namespace

bool wants_report(std::string_view notify, BounceKind kind) {
  if (notify.empty()) return true;  // RFC 3461 4.1: FAILURE, maybe DELAY
  for (const auto word : split(notify, ',')) {
    if (same_text(word, kind == BounceKind::Failed ? "FAILURE" : "DELAY")) {
      return true;
    }
  }
  return false;
}

std::string make_bounce(const BounceRequest& request,
                        const spool::Item& item) {
  const bool failed = request.kind == BounceKind::Failed;
  const Returned content = returned(request, item);
  const std::string text = person_text(request);
  const std::string status = facts(request, item);
  const bool eight_bit =
      !is_ascii(content.bytes) || !is_ascii(text) || !is_ascii(status);
  // Nobody who wrote the message knew this id.
  const std::string boundary = "=_" + request.report_id;
  std::string out;
  out += "Date: " + mime::format_date(request.now) + "\r\n";
  out += "From: Mail Delivery System <MAILER-DAEMON@" + request.hostname +
         ">\r\n";
  out += "To: <" + one_line(item.envelope.sender) + ">\r\n";
  out += failed ? "Subject: Your message could not be delivered\r\n"
                : "Subject: Your message is delayed\r\n";
  out += "Message-ID: <" + request.report_id + "@" + request.hostname +
         ">\r\n";
  // RFC 3834 section 2.
  out += "Auto-Submitted: auto-replied\r\n";
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=delivery-status;\r\n"
         "\tboundary=\"" + boundary + "\"\r\n";
  out += "Content-Transfer-Encoding: ";
  out += eight_bit ? "8bit\r\n\r\n" : "7bit\r\n\r\n";
  out += part(boundary, "text/plain; charset=utf-8", text);
  out += part(boundary,
              all_ascii(request, item) ? "message/delivery-status"
                                       : "message/global-delivery-status",
              status);
  out += part(boundary, content.type, content.bytes);
  return out + "--" + boundary + "--\r\n";
}

spool::Envelope bounce_envelope(const BounceRequest& request,
                                const spool::Item& item) {
  spool::Envelope envelope;
  envelope.arrived = request.now;
  envelope.protocol = "bounce";
  envelope.smtputf8 =
      !all_ascii(request, item) || item.envelope.smtputf8;
  envelope.eight_bit_mime = item.envelope.has_8bit || envelope.smtputf8;
  envelope.has_8bit = envelope.eight_bit_mime;
  envelope.has_long_line = item.envelope.has_long_line;
  envelope.has_leading_dot = item.envelope.has_leading_dot;
  envelope.recipients.push_back({item.envelope.sender, "", "NEVER"});
  return envelope;
}

}  // namespace mail::deliver
