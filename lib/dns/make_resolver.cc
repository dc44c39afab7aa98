#include "dns/make_resolver.h"

#include <sysexits.h>

#include "base/file.h"
#include "base/process.h"
#include "dns/local_records.h"
#include "dns/unbound_resolver.h"

namespace mail::dns {

std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options) {
  std::unique_ptr<Resolver> network;
  if (!options.local_only) {
    network = std::make_unique<UnboundResolver>(options.servers,
                                                options.deadline);
  }
  if (options.records.empty() && network) return network;
  std::optional<std::string> text = "";
  if (!options.records.empty()) text = read_file(options.records, 16 << 20);
  if (!text) throw Exit(EX_CONFIG, options.records + ": no such file");
  auto records = LocalRecords::parse(*text, std::move(network));
  if (!records) {
    throw Exit(EX_CONFIG, options.records + ": " + records.error().why);
  }
  return std::move(*records);
}

}  // namespace mail::dns
