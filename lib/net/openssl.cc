#include "net/openssl.h"

#include <openssl/err.h>

#include "base/fault.h"

namespace mail::net {

void throw_openssl(const std::string& doing) {
  std::string why = doing;
  while (const unsigned long code = ERR_get_error()) {
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    why += std::string(": ") + text;
  }
  throw Fault(why);
}

}  // namespace mail::net
