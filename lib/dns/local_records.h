// LocalRecords: DNS records from a file, for tests and private instances.
//
//   ; a line a record, as in a zone file; every name is complete
//   example.test          MX    10 mx.example.test
//   mx.example.test       A     127.0.0.1
//   secure example.test   MX    10 mx.example.test   ; as if validated
//   broken.test           TRYLATER                   ; as if nobody answered
//   1.0.0.127.in-addr.arpa  PTR  mx.example.test
//   example.test          TXT   "v=spf1 " "-all"
//
// A, AAAA, CNAME, MX, PTR, TXT and TLSA; a TTL and the class IN may stand
// before the type.  A name that is in the file is answered from the file
// alone; every other by `others`, and without one does not exist.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/resolver.h"

namespace mail::dns {

class LocalRecords : public Resolver {
 public:
  // The Refusal names the bad lines, and counts those after the twentieth.
  static Result<std::unique_ptr<LocalRecords>> parse(
      std::string_view text, std::unique_ptr<Resolver> others = nullptr);

  Answer<std::string> ask(std::string_view name, Type type) override;

 private:
  struct Node {
    std::map<Type, std::vector<std::string>> records;
    bool secure = false;
    bool later = false;
  };
  friend class LocalRecordsReader;

  std::map<std::string, Node, std::less<>> nodes_;
  std::unique_ptr<Resolver> others_;
};

}  // namespace mail::dns
