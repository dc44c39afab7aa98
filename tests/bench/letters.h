// Letters: messages for the load generators, the same for the same number.
//
// What mail looks like: threads of four, words that repeat, every fourth one
// with an HTML side, every tenth with an attachment.
#pragma once

#include <string>

namespace mail::bench {

// About `bytes` octets, CRLF line ends.
std::string letter(int number, int bytes);

}  // namespace mail::bench
