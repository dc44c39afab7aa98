#include "deliver/bounce_text.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "deliver/bounce_words.h"
#include "mime/date.h"

namespace mail::deliver {
namespace {

// More are left to the second part.
constexpr std::size_t kMostListed = 100;

constexpr std::size_t kLongestAddress = 900;

struct Heading {
  Action action;
  std::string_view one;
  std::string_view many;
  std::string_view tag;      // for the subject
  std::string_view subject;  // of a message without one
};
// The worst first.
constexpr auto kHeadings = std::to_array<Heading>({
    {Action::Failed, "It could not be delivered to this recipient:",
     "It could not be delivered to these recipients:", "[Not delivered]",
     "Your message could not be delivered"},
    {Action::Delayed, "It has not been delivered yet to this recipient:",
     "It has not been delivered yet to these recipients:", "[Delayed]",
     "Your message is delayed"},
    {Action::Delivered, "It was delivered into the mailbox of this recipient:",
     "It was delivered into the mailboxes of these recipients:",
     "[Delivered]", "Your message was delivered"},
    {Action::Relayed,
     "It was passed on to the server of this recipient, which takes over, "
     "but does not report any further:",
     "It was passed on to the servers of these recipients, which take over, "
     "but do not report any further:",
     "[Passed on]", "Your message was passed on"},
    {Action::Expanded,
     "It was passed on to all who are behind this address; no more is "
     "reported of them but failures:",
     "It was passed on to all who are behind these addresses; no more is "
     "reported of them but failures:",
     "[Passed on]", "Your message was passed on"},
});

const Heading& worst(const BounceRequest& request) {
  const auto* found = std::ranges::find_if(
      kHeadings, [&](const auto& one) { return request.has(one.action); });
  return found == kHeadings.end() ? kHeadings.front() : *found;
}

// What the other server said, or what we know.
std::string said(const BounceRecipient& r) {
  const std::string text = one_line(r.text);
  if (r.reply == 0) {
    // Not the same once more.
    const bool known =
        lower(words_for(status_of(r)).what).starts_with(lower(text));
    const std::string where =
        r.remote.empty() ? "" : " (" + one_line(r.remote) + ")";
    return known ? "" : wrapped("Reason: " + text + where, "    ");
  }
  const std::string who = r.remote.empty()
                              ? "The other server"
                              : "The server " + one_line(r.remote);
  return wrapped(who + " said:", "    ") + wrapped(reply_of(r), "      ");
}

std::string entry(const BounceRequest& request, const BounceRecipient& r) {
  std::string text = "\r\n  <" + one_line(r.original, kLongestAddress) + ">\r\n";
  if (!same_text(r.original, r.address)) {
    text += "    that is, <" + one_line(r.address, kLongestAddress) + ">\r\n";
  }
  if (r.action == Action::Relayed && !r.remote.empty()) {
    text += wrapped("Server: " + one_line(r.remote), "    ");
  }
  if (r.action != Action::Failed && r.action != Action::Delayed) return text;
  const Words words = words_for(status_of(r));
  text += wrapped(words.what, "    ");
  text += said(r);
  if (r.action != Action::Failed) return text;
  if (request.now >= request.until && r.attempts > 1) {
    text += wrapped("It was tried " + std::to_string(r.attempts) +
                    " times, until its time was over.", "    ");
  }
  return text + wrapped(words.advice, "    ");
}

std::string section(const BounceRequest& request, const Heading& heading) {
  std::string entries;
  std::size_t count = 0;
  for (const auto& r : request.recipients) {
    if (r.action != heading.action) continue;
    if (++count <= kMostListed) entries += entry(request, r);
  }
  if (count == 0) return "";
  if (count > kMostListed) {
    entries += "\r\n  and " + std::to_string(count - kMostListed) +
               " more, which the next part of this report lists\r\n";
  }
  return "\r\n" + wrapped(count == 1 ? heading.one : heading.many, "") +
         entries;
}

std::string about(const BounceRequest& request, const Original& original) {
  std::string text =
      wrapped("This is the mail system at " + one_line(request.hostname) +
              ", about your message", "") + "\r\n";
  if (!original.subject.empty()) {
    text += wrapped("Subject: " + original.subject, "  ");
  }
  if (!original.date.empty()) {
    text += wrapped("Date: " + original.date, "  ");
  }
  if (original.subject.empty() && original.date.empty()) {
    text += "  without subject and date\r\n";
  }
  return text;
}

}  // namespace

std::string bounce_text(const BounceRequest& request, const Original& original,
                        const Returned& content) {
  std::string text = about(request, original);
  for (const Heading& heading : kHeadings) text += section(request, heading);
  text += "\r\n";
  if (request.has(Action::Failed)) {
    text += wrapped("No further attempt is made for what could not be "
                    "delivered.", "");
  }
  if (request.has(Action::Delayed)) {
    text += wrapped("What is delayed is tried until " +
                    mime::format_date(request.until) +
                    "; you need not send it again, and hear again if it "
                    "fails.", "");
  }
  return text + wrapped(content.whole ? "Your message is attached."
                                      : "The header of your message is "
                                        "attached.", "");
}

std::string bounce_subject(const BounceRequest& request,
                           const Original& original) {
  const Heading& heading = worst(request);
  if (original.subject.empty()) return std::string(heading.subject);
  return std::string(heading.tag) + " " + original.subject;
}

}  // namespace mail::deliver
