#include "smtp/reply.h"

#include "base/fault.h"

namespace mail::smtp {
namespace {

void put_printable(std::string& out, std::string_view line) {
  for (const char c : line) {
    if (c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f)) {
      out += c;
    }
  }
}

}  // namespace

Reply::Reply(int code, std::string_view enhanced, std::string_view text)
    : code_(code), enhanced_(enhanced), text_(text) {
  require(code >= 200 && code < 600, "SMTP reply code out of range");
}

std::string Reply::wire() const {
  std::string out;
  std::string_view rest = text_;
  bool last = false;
  while (!last) {
    const std::size_t end = rest.find('\n');
    last = end == std::string_view::npos;
    out += std::to_string(code_) + (last ? ' ' : '-');
    if (!enhanced_.empty()) out += enhanced_ + ' ';
    put_printable(out, rest.substr(0, end));
    out += "\r\n";
    if (!last) rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace mail::smtp
