#include "deliver/bounce_facts.h"

#include "base/ascii.h"
#include "deliver/bounce_words.h"
#include "mime/date.h"
#include "mime/xtext.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kFoldAt = 76;
constexpr std::size_t kMostValue = 2000;

// Folded where there is a blank: no line grows beyond any limit.
std::string field(std::string_view name, std::string_view value) {
  std::string out = std::string(name) + ":";
  std::size_t column = out.size();
  for (std::string_view word : split(value, ' ')) {
    for (bool first = true; first || !word.empty(); first = false) {
      const std::string_view piece = word.substr(0, 900);
      word.remove_prefix(piece.size());
      if (piece.empty()) continue;
      const bool fold =
          column + 1 + piece.size() > kFoldAt && column > name.size() + 1;
      out += fold ? "\r\n " : " ";
      column = (fold ? 1 : column + 1) + piece.size();
      out += piece;
    }
  }
  return out + "\r\n";
}

// Global: in UTF-8; else in ASCII and nothing but.
enum class Form { Global, Ascii };

std::string clean(std::string_view text, Form form) {
  return form == Form::Global ? one_line(text, kMostValue)
                              : ascii_line(text, kMostValue);
}

// RFC 6533 section 3: an address type of its own for UTF-8, in ASCII unless
// all of the report may be UTF-8.
std::string typed(std::string_view address, Form form) {
  if (is_ascii(address)) return "rfc822; " + one_line(address);
  if (form == Form::Global) return "utf-8; " + one_line(address);
  return "utf-8; " + mime::encode_unitext(one_line(address));
}

// RFC 3461 6.3 (d), RFC 6533 section 3: decoded.
std::string original_recipient(std::string_view orcpt, Form form) {
  const std::size_t semicolon = orcpt.find(';');
  if (semicolon == orcpt.npos) return clean(orcpt, form);
  const std::string_view type = orcpt.substr(0, semicolon);
  const std::string_view text = orcpt.substr(semicolon + 1);
  std::optional<std::string> address;
  if (!same_text(type, "utf-8")) {
    address = mime::decode_xtext(text);
  } else if (form == Form::Global) {
    address = mime::decode_unitext(text);
  } else {
    address = mime::ascii_unitext(text);
  }
  return clean(type, form) + "; " +
         clean(address.value_or(std::string(text)), form);
}

std::string_view name_of(Action action) {
  switch (action) {
    case Action::Failed: return "failed";
    case Action::Delayed: return "delayed";
    case Action::Delivered: return "delivered";
    case Action::Relayed: return "relayed";
    case Action::Expanded: break;
  }
  return "expanded";
}

std::string diagnostic(const BounceRecipient& r, Form form) {
  if (r.reply == 0) return "x-staunch; " + clean(r.text, form);
  // RFC 3461 9.2: the reply as it came, its code in front.
  return "smtp; " + clean(reply_of(r), form);
}

std::string recipient_facts(const BounceRequest& request,
                            const BounceRecipient& r,
                            const spool::Item& item) {
  const Form form = is_global(request, item) ? Form::Global : Form::Ascii;
  std::string text;
  if (!r.orcpt.empty()) {
    text += field("Original-Recipient", original_recipient(r.orcpt, form));
  }
  text += field("Final-Recipient", typed(r.address, form));
  text += field("Action", name_of(r.action));
  text += field("Status", status_of(r));
  if (!r.remote.empty()) {
    text += field("Remote-MTA", "dns; " + ascii_line(r.remote, 255));
  }
  if (!r.text.empty() || r.reply != 0) {
    text += field("Diagnostic-Code", diagnostic(r, form));
  }
  if (r.tried_at > 0) {
    text += field("Last-Attempt-Date", mime::format_date(r.tried_at));
  }
  text += field("Final-Log-ID", item.id);
  if (r.action == Action::Delayed) {
    text += field("Will-Retry-Until", mime::format_date(request.until));
  }
  return text;
}

}  // namespace

std::string bounce_facts(const BounceRequest& request,
                         const spool::Item& item) {
  std::string text =
      field("Reporting-MTA", "dns; " + ascii_line(request.hostname, 255));
  const auto& envid = item.envelope.envid;
  if (!envid.empty()) {
    // RFC 3461 6.3 (a): without the encoding.
    const auto decoded = mime::decode_xtext(envid);
    text += field("Original-Envelope-Id",
                  ascii_line(decoded.value_or(envid), kMostValue));
  }
  text += field("Arrival-Date", mime::format_date(item.envelope.arrived));
  for (const auto& r : request.recipients) {
    text += "\r\n" + recipient_facts(request, r, item);
  }
  return text;
}

}  // namespace mail::deliver
