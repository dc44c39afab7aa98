// What enhanced status codes (RFC 3463) mean, for people who wrote a mail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "deliver/bounce.h"

namespace mail::deliver {

struct Words {
  std::string_view what;    // "There is no mailbox with this address."
  std::string_view advice;  // what the sender can do; or empty
};
Words words_for(std::string_view status);

// The status in the class that belongs to the action: "4.2.2" of what was
// given up is "5.2.2"; what is no status is "5.0.0".
std::string status_of(const BounceRecipient& recipient);

// What the other server said, as it came: "450 4.7.1 Try later".  Empty when
// it said nothing.
std::string reply_of(const BounceRecipient& recipient);

// In one line for a field or a sentence: no controls, well-formed UTF-8, at
// most so many bytes.
std::string one_line(std::string_view text, std::size_t most = 1000);

// The same in ASCII, with "?" for what is not.
std::string ascii_line(std::string_view text, std::size_t most = 1000);

// Words put into lines of about 72 characters, each behind the indent; with
// CR LF at the end of each.  Words beyond any measure are cut.
std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace mail::deliver
