// What a sender wants to hear of a recipient: NOTIFY of RFC 3461 4.1.
#pragma once

#include <string>
#include <string_view>

namespace mail::deliver {

enum class News { Failure, Delay, Success };

// Whether the sender wants to hear this.  `notify`: as in the envelope, such
// as "SUCCESS,FAILURE"; empty: nothing was said, which means failures and
// delays.
bool wants(std::string_view notify, News news);

// RFC 3461 5.2.7.3 (c): what the places behind an address with several get.
std::string without_success(std::string_view notify);

}  // namespace mail::deliver
