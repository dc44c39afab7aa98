#include "tests/support/fake_resolver.h"

#include "base/fault.h"

namespace mail {

FakeResolver::FakeResolver(std::string_view records) {
  auto parsed = dns::LocalRecords::parse(records);
  if (!parsed) throw Fault(parsed.error().why);
  records_ = std::move(*parsed);
}

dns::Answer<std::string> FakeResolver::ask(std::string_view name,
                                           dns::Type type) {
  asked_.emplace_back(name);
  return records_->ask(name, type);
}

}  // namespace mail
