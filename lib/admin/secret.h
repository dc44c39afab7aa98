// Reading a password without showing it.
#pragma once

#include <string>

namespace mail::admin {

// The first line of standard input, without its end.  Exit 65 when it is
// empty or longer than 1 kB.
std::string read_secret_line();

// Asks twice on the terminal, without echo.  Exit 64 when standard input is
// no terminal, 65 when the two differ.
std::string ask_for_secret();

}  // namespace mail::admin
