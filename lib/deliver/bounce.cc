#include "deliver/bounce.h"

#include <algorithm>

#include "base/ascii.h"
#include "deliver/bounce_facts.h"
#include "deliver/bounce_original.h"
#include "deliver/bounce_text.h"
#include "deliver/bounce_words.h"
#include "mime/date.h"
#include "mime/encoded_word.h"

namespace mail::deliver {
namespace {

// More than any has (RFC 5321 4.5.3.1), and less than a line.
constexpr std::size_t kLongestAddress = 900;

std::string part(std::string_view boundary, std::string_view type,
                 std::string_view body) {
  std::string out = "--";
  out.append(boundary).append("\r\nContent-Type: ").append(type);
  out += "\r\nContent-Transfer-Encoding: ";
  out += is_ascii(body) ? "7bit" : "8bit";
  return out.append("\r\n\r\n").append(body).append("\r\n");
}

// RFC 5322 3.6.4: so that it is shown below the message it is about.
std::string thread_fields(const Original& original) {
  if (original.message_id.empty()) return "";
  const std::string id = "<" + original.message_id + ">\r\n";
  std::string text = "In-Reply-To: " + id + "References: ";
  for (const auto& one : original.references) text += "<" + one + ">\r\n\t";
  return text + id;
}

std::string top_fields(const BounceRequest& request, const Original& original,
                       const spool::Item& item) {
  std::string out = "Date: " + mime::format_date(request.now) + "\r\n";
  out += "From: Mail Delivery System <MAILER-DAEMON@" + request.hostname +
         ">\r\n";
  out += "To: <" + one_line(item.envelope.sender, kLongestAddress) + ">\r\n";
  out += "Subject: " + mime::encode_text(bounce_subject(request, original)) +
         "\r\n";
  out += "Message-ID: <" + request.report_id + "@" + request.hostname +
         ">\r\n";
  out += thread_fields(original);
  // RFC 3834 section 2.
  return out + "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
}

spool::Envelope envelope_for(const BounceRequest& request,
                             const spool::Item& item) {
  spool::Envelope envelope;
  envelope.arrived = request.now;
  envelope.protocol = "bounce";
  // RFC 8689 section 5: what was not to travel in the clear does not return
  // in the clear.
  envelope.require_tls = item.envelope.require_tls;
  // RFC 3461 6.1.
  envelope.recipients.push_back({item.envelope.sender, "", "NEVER"});
  return envelope;
}

}  // namespace

bool BounceRequest::has(Action action) const {
  return std::ranges::any_of(recipients, [&](const auto& recipient) {
    return recipient.action == action;
  });
}

bool is_global(const BounceRequest& request, const spool::Item& item) {
  if (!item.envelope.smtputf8) return false;
  return !is_ascii(item.envelope.sender) ||
         std::ranges::any_of(request.recipients, [](const auto& r) {
           return !is_ascii(r.address) || !is_ascii(r.orcpt);
         });
}

Bounce make_bounce(const BounceRequest& request, const spool::Item& item) {
  const Original original = read_original(item);
  const Returned content = returned(request, item);
  const std::string text = bounce_text(request, original, content);
  const std::string facts = bounce_facts(request, item);
  const bool global = is_global(request, item);
  const bool eight_bit =
      !is_ascii(content.bytes) || !is_ascii(text) || !is_ascii(facts);
  // Nobody who wrote the message knew this id.
  const std::string boundary = "=_" + request.report_id;
  std::string out = top_fields(request, original, item);
  out += "Content-Type: multipart/report; report-type=delivery-status;\r\n"
         "\tboundary=\"" + boundary + "\"\r\n";
  out += "Content-Transfer-Encoding: ";
  out += eight_bit ? "8bit\r\n\r\n" : "7bit\r\n\r\n";
  out += part(boundary, "text/plain; charset=utf-8", text);
  out += part(boundary,
              global ? "message/global-delivery-status"
                     : "message/delivery-status",
              facts);
  out += part(boundary, content.type, content.bytes);
  out += "--" + boundary + "--\r\n";
  spool::Envelope envelope = envelope_for(request, item);
  envelope.smtputf8 = global || content.type.starts_with("message/global") ||
                      !is_ascii(item.envelope.sender);
  envelope.eight_bit_mime = envelope.has_8bit = !is_ascii(out);
  envelope.has_leading_dot = out.find("\r\n.") != out.npos;
  return {std::move(out), std::move(envelope)};
}

}  // namespace mail::deliver
