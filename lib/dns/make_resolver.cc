#include "dns/make_resolver.h"

#include "base/ascii.h"
#include "base/fault.h"
#include "base/file.h"
#include "dns/local_records.h"
#include "dns/unbound_resolver.h"

namespace mail::dns {
namespace {

constexpr std::size_t kLargestFile = 16 << 20;

}  // namespace

Result<std::string> read_records(const std::string& path) {
  if (path.empty()) return "";
  auto text = read_file(path, kLargestFile);
  if (!text) return refuse(path + ": no such file");
  const auto records = LocalRecords::parse(*text);
  if (!records) {
    std::string why;
    for (const auto line : split(records.error().why, '\n')) {
      why += (why.empty() ? "" : "\n") + path + ": " + std::string(line);
    }
    return refuse(why);
  }
  return std::move(*text);
}

std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options) {
  std::unique_ptr<Resolver> network;
  if (!options.local_only) {
    network = std::make_unique<UnboundResolver>(options.servers,
                                                options.deadline);
  }
  if (options.records.empty() && network) return network;
  auto records = LocalRecords::parse(options.records, std::move(network));
  require(records.has_value(), "local records that read_records() refuses");
  return std::move(*records);
}

}  // namespace mail::dns
