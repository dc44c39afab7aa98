#include "dns/resolver.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "dns/rdata.h"

namespace mail::dns {
namespace {

// Reads each record; an answer of which none can be read is "none".
template <class T>
Answer<T> read_all(const Answer<std::string>& raw,
                   std::optional<T> (*read)(std::string_view)) {
  Answer<T> answer;
  answer.outcome = raw.outcome;
  answer.secure = raw.secure;
  answer.no_such_name = raw.no_such_name;
  answer.ttl = raw.ttl;
  answer.why = raw.why;
  for (const std::string& rdata : raw.records) {
    if (auto record = read(rdata)) answer.records.push_back(*record);
  }
  if (answer.found() && answer.records.empty()) {
    answer.outcome = Outcome::None;
  }
  return answer;
}

}  // namespace

Answer<Mx> Resolver::mx(std::string_view domain) {
  auto answer = read_all<Mx>(ask(domain, Type::Mx), read_mx);
  std::ranges::stable_sort(answer.records, {}, &Mx::preference);
  return answer;
}

Answer<std::string> Resolver::a(std::string_view host) {
  return read_all<std::string>(ask(host, Type::A), read_a);
}

Answer<std::string> Resolver::aaaa(std::string_view host) {
  return read_all<std::string>(ask(host, Type::Aaaa), read_aaaa);
}

Answer<std::string> Resolver::ptr(std::string_view address) {
  return read_all<std::string>(ask(reverse_name(address), Type::Ptr),
                               read_name);
}

Answer<std::string> Resolver::txt(std::string_view name) {
  return read_all<std::string>(ask(name, Type::Txt), read_txt);
}

Answer<Tlsa> Resolver::tlsa(std::string_view name) {
  return read_all<Tlsa>(ask(name, Type::Tlsa), read_tlsa);
}

std::string reverse_name(std::string_view address) {
  if (const auto four = write_address(address, Type::A)) {
    std::string name;
    for (auto c = four->rbegin(); c != four->rend(); ++c) {
      name += std::to_string(static_cast<unsigned char>(*c)) + ".";
    }
    return name + "in-addr.arpa";
  }
  const auto six = write_address(address, Type::Aaaa);
  if (!six) return "";
  const std::string digits = hex(*six);
  std::string name;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    name += *c;
    name += '.';
  }
  return name + "ip6.arpa";
}

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return "";
  for (const auto label : split(name, '.')) {
    if (label.empty() || label.size() > 63) return "";
  }
  for (const char c : name) {
    if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"') return "";
  }
  return lower(name);
}

}  // namespace mail::dns
