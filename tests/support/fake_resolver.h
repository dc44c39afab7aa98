// FakeResolver: answers from lines in the form of dns/local_records.h, and
// remembers what it was asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dns/local_records.h"

namespace mail {

class FakeResolver : public dns::Resolver {
 public:
  explicit FakeResolver(std::string_view records);

  dns::Answer<std::string> ask(std::string_view name,
                               dns::Type type) override;

  // The names, in order.
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::unique_ptr<dns::LocalRecords> records_;
  std::vector<std::string> asked_;
};

}  // namespace mail
