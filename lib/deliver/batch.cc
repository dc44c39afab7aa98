#include "deliver/batch.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace mail::deliver {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kMaxText = 300;
constexpr std::array<std::string_view, 6> kOutcomes = {
    "delivered", "full", "never", "gone", "damaged", "trouble"};

std::uint64_t number(const std::string& field) {
  return parse_number(field).value_or(0);
}

}  // namespace

std::size_t owner_of(std::uint64_t account, std::size_t workers) {
  return static_cast<std::size_t>(account % workers);
}

std::string to_packet(const Batch& batch) {
  std::string packet = spool::join_fields(Fields{
      std::to_string(batch.number), std::to_string(batch.account),
      std::to_string(batch.quota), batch.subaddress_mailboxes ? "1" : "0"});
  for (const auto& parcel : batch.parcels) {
    Fields fields{parcel.id,
                  parcel.shelf == spool::Shelf::In ? "in" : "deferred",
                  parcel.address};
    fields.insert(fields.end(), parcel.details.begin(), parcel.details.end());
    packet += spool::join_fields(fields);
  }
  return packet;
}

Result<Batch> parse_batch(std::string_view packet) {
  const auto lines = spool::split_lines(packet);
  if (!lines || lines->front().size() != 4) return refuse("bad batch");
  const Fields& head = lines->front();
  Batch batch;
  batch.number = number(head[0]);
  batch.account = number(head[1]);
  batch.quota = static_cast<std::int64_t>(number(head[2]));
  batch.subaddress_mailboxes = head[3] == "1";
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const Fields& f = (*lines)[i];
    if (f.size() < 4 || !spool::is_id(f[0])) return refuse("bad parcel");
    batch.parcels.push_back(
        {f[0],
         f[1] == "in" ? spool::Shelf::In : spool::Shelf::Deferred,
         f[2],
         {f.begin() + 3, f.end()}});
  }
  return batch;
}

std::string to_packet(const BatchResult& result) {
  std::string packet = spool::join_fields(
      Fields{std::to_string(result.number), result.full ? "1" : "0",
             result.room < 0 ? "" : std::to_string(result.room)});
  for (const auto& one : result.results) {
    packet += spool::join_fields(
        Fields{std::string(kOutcomes[static_cast<std::size_t>(one.outcome)]),
               one.text.substr(0, kMaxText)});
  }
  return packet;
}

Result<BatchResult> parse_result(std::string_view packet) {
  const auto lines = spool::split_lines(packet);
  if (!lines || lines->front().size() != 3) return refuse("bad result");
  BatchResult result;
  result.number = number(lines->front()[0]);
  result.full = lines->front()[1] == "1";
  if (const auto room = parse_number(lines->front()[2])) {
    result.room = static_cast<std::int64_t>(*room);
  }
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const Fields& f = (*lines)[i];
    const auto found = std::ranges::find(kOutcomes, f[0]);
    if (f.size() != 2 || found == kOutcomes.end()) return refuse("bad result");
    result.results.push_back(
        {static_cast<Outcome>(found - kOutcomes.begin()), f[1]});
  }
  return result;
}

}  // namespace mail::deliver
