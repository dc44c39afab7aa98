#include "deliver/bounce_words.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/text.h"

namespace mail::deliver {
namespace {

constexpr std::size_t kWidth = 72;
constexpr std::size_t kLongestWord = 500;

constexpr std::string_view kCheckAddress =
    "Look whether the address is written correctly, and ask the recipient "
    "by other means if it is.";
constexpr std::string_view kAskThem =
    "Ask the recipient by other means, or the postmaster there.";
constexpr std::string_view kLater = "Send it again later.";

// By subject and detail; the first that fits.  "1." stands for all of its
// subject.
struct Meaning {
  std::string_view code;
  Words words;
};
constexpr auto kMeanings = std::to_array<Meaning>({
    {"1.1", {"There is no mailbox with this address.", kCheckAddress}},
    {"1.2", {"The domain of this address (the part behind the @) does not "
             "exist, or takes no mail.", kCheckAddress}},
    {"1.3", {"This is not an address as mail servers know them.",
             kCheckAddress}},
    {"1.4", {"The address stands for more than one mailbox there.",
             kAskThem}},
    {"1.6", {"The recipient has moved to another address.", kAskThem}},
    {"1.7", {"Your own address was refused: it is not written as mail "
             "servers know them.", "Look at the sender's address in the "
             "settings of your mail program."}},
    {"1.8", {"Your own address was refused: its domain is not known there.",
             "Look at the sender's address in the settings of your mail "
             "program."}},
    {"1.10", {"The domain of this address takes no mail at all.",
              kCheckAddress}},
    {"1.", {"The address was refused.", kCheckAddress}},
    {"2.1", {"The mailbox is closed, or takes no mail at present.",
             kAskThem}},
    {"2.2", {"The mailbox is full.",
             "Tell the recipient by other means, and send it again when "
             "there is room."}},
    {"2.3", {"The message is too large for this mailbox.",
             "Send something smaller, or a link to it."}},
    {"2.", {"The mailbox could not take the message.", kAskThem}},
    {"3.2", {"Mail for this address is not taken at present.", kLater}},
    {"3.4", {"The message is too large for that server.",
             "Send something smaller, or a link to it."}},
    {"3.", {"The mail system there could not take the message.", kLater}},
    {"4.1", {"The server for this address did not answer.", kLater}},
    {"4.2", {"The connection to the server for this address broke off.",
             kLater}},
    {"4.3", {"It could not be found out which server is responsible for "
             "this address.", kLater}},
    {"4.4", {"There is no way to a server for this address.",
             kCheckAddress}},
    {"4.6", {"The message went round in a circle between servers.",
             kAskThem}},
    {"4.7", {"The message could not be delivered in the time it was given.",
             kLater}},
    {"4.", {"The server for this address could not be reached.", kLater}},
    {"5.3", {"The message has more recipients than that server takes.",
             "Send it to fewer recipients at a time."}},
    {"5.", {"The server there and this one did not understand each other.",
            kAskThem}},
    {"6.7", {"The server there does not know addresses with characters "
             "outside of ASCII.",
             "Use an address without such characters if there is one."}},
    {"6.", {"The server there does not take a message of this form.",
            "Send it as plain text, or in another format."}},
    {"7.10", {"The connection is not as secure as you or the recipient "
              "demand.", kAskThem}},
    {"7.30", {"The connection is not as secure as you or the recipient "
              "demand.", kAskThem}},
    {"7.", {"The server there refused the message: you may not send this, "
            "or not to this address, or it was taken for unwanted mail.",
            kAskThem}},
    {"", {"The message could not be delivered.", kAskThem}},
});

bool is_status(std::string_view status) {
  const auto parts = split(status, '.');
  return parts.size() == 3 && parts[0].size() == 1 &&
         std::ranges::all_of(parts, [](std::string_view part) {
           return !part.empty() && part.size() <= 3 &&
                  std::ranges::all_of(part, is_digit);
         });
}

char class_of(Action action) {
  switch (action) {
    case Action::Failed: return '5';
    case Action::Delayed: return '4';
    default: return '2';
  }
}

}  // namespace

Words words_for(std::string_view status) {
  const std::string_view code = is_status(status) ? status.substr(2) : "";
  const auto* found = std::ranges::find_if(kMeanings, [&](const auto& one) {
    const bool subject = one.code.empty() || one.code.ends_with('.');
    return subject ? code.starts_with(one.code) : code == one.code;
  });
  return found->words;
}

std::string status_of(const BounceRecipient& recipient) {
  std::string status =
      is_status(recipient.status) ? recipient.status : "0.0.0";
  status[0] = class_of(recipient.action);
  return status;
}

std::string reply_of(const BounceRecipient& recipient) {
  if (recipient.reply == 0) return {};
  std::string reply = std::to_string(recipient.reply);
  const std::string text = one_line(recipient.text);
  if (is_status(recipient.status)) {
    // What was given up after a while was "4.7.1" when it was said.
    std::string status = recipient.status;
    status[0] = reply[0];
    if (!text.starts_with(status)) reply += " " + status;
  }
  return reply + " " + text;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line(text.substr(0, 4 * most));
  std::ranges::replace_if(
      line, [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
      }, ' ');
  line = scrub_utf8(line);
  line.resize(utf8_prefix(line, most).size());
  return line;
}

std::string ascii_line(std::string_view text, std::size_t most) {
  std::string line = one_line(text, most);
  // One mark for each character.
  std::erase_if(line, [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
  });
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  for (std::string_view word : split(text, ' ')) {
    while (!word.empty()) {
      const auto piece = utf8_prefix(word, kLongestWord);
      word.remove_prefix(piece.size());
      const bool begins = column == 0;
      if (!begins && column + 1 + piece.size() > kWidth) {
        out += "\r\n";
        column = 0;
      }
      out += column == 0 ? indent : " ";
      column += (column == 0 ? indent.size() : 1) + piece.size();
      out += piece;
    }
  }
  return column == 0 ? out : out + "\r\n";
}

}  // namespace mail::deliver
