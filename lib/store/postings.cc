#include "store/postings.h"

#include <algorithm>
#include <bit>

#include "base/fault.h"

namespace mail::store {
namespace {

constexpr unsigned kMostBits = 16;

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  void put(std::uint32_t value, unsigned bits) {
    held_ |= std::uint64_t{value} << count_;
    count_ += bits;
    while (count_ >= 8) {
      out_ += static_cast<char>(held_ & 0xff);
      held_ >>= 8;
      count_ -= 8;
    }
  }
  void unary(std::uint32_t ones) {
    for (; ones >= 16; ones -= 16) put(0xffff, 16);
    put((1u << ones) - 1, ones + 1);  // and the zero that ends them
  }
  void finish() {
    if (count_ > 0) put(0, 8 - count_);
  }

 private:
  std::string& out_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : rest_(bytes) {}

  // Past the end there are zeros, and failed().
  std::uint32_t take(unsigned bits) {
    fill();
    const auto value =
        static_cast<std::uint32_t>(held_ & ((std::uint64_t{1} << bits) - 1));
    drop(bits);
    return value;
  }
  std::uint32_t unary() {
    std::uint32_t sum = 0;
    while (true) {
      fill();
      const auto ones = static_cast<unsigned>(std::countr_one(held_));
      if (ones < 32) {
        drop(ones + 1);
        return sum + ones;
      }
      sum += 32;
      drop(32);
      if (sum > kMostPostings) failed_ = true;
      if (failed_) return sum;
    }
  }
  bool failed() const { return failed_; }

 private:
  void fill() {
    while (count_ <= 56 && !rest_.empty()) {
      held_ |= std::uint64_t{static_cast<unsigned char>(rest_.front())}
               << count_;
      rest_.remove_prefix(1);
      count_ += 8;
    }
  }
  void drop(unsigned bits) {
    failed_ |= bits > count_;
    count_ -= std::min(bits, count_);
    held_ >>= bits;
  }

  std::string_view rest_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
  bool failed_ = false;
};

std::vector<std::uint32_t> missing(std::span<const std::uint32_t> numbers,
                                   std::uint32_t range) {
  std::vector<std::uint32_t> out;
  out.reserve(range - numbers.size());
  std::uint32_t next = 0;
  for (const std::uint32_t number : numbers) {
    for (; next < number; ++next) out.push_back(next);
    next = number + 1;
  }
  for (; next < range; ++next) out.push_back(next);
  return out;
}

std::uint64_t bits_needed(std::span<const std::uint32_t> numbers, unsigned k) {
  std::uint64_t bits = numbers.size() * (1 + k);
  std::uint32_t next = 0;
  for (const std::uint32_t number : numbers) {
    bits += (number - next) >> k;
    next = number + 1;
  }
  return bits;
}

// The best k lies about the logarithm of the mean distance.
unsigned best_bits(std::span<const std::uint32_t> numbers) {
  if (numbers.empty()) return 0;
  const auto mean = static_cast<std::uint32_t>(
      (numbers.back() + 1 - numbers.size()) / numbers.size());
  const auto about = static_cast<unsigned>(std::bit_width(mean));
  unsigned best = std::min(about, kMostBits);
  for (unsigned k = about < 2 ? 0 : about - 2; k < best; ++k) {
    if (bits_needed(numbers, k) <= bits_needed(numbers, best)) best = k;
  }
  return best;
}

void put_list(std::string& out, std::span<const std::uint32_t> numbers) {
  const unsigned k = best_bits(numbers);
  out += static_cast<char>(k);
  BitWriter bits(out);
  std::uint32_t next = 0;
  for (const std::uint32_t number : numbers) {
    bits.unary((number - next) >> k);
    bits.put((number - next) & ((1u << k) - 1), k);
    next = number + 1;
  }
  bits.finish();
}

bool take_list(std::string_view bytes, std::uint64_t count, std::uint32_t range,
               std::vector<std::uint32_t>& numbers) {
  if (bytes.empty()) return false;
  const auto k = static_cast<unsigned char>(bytes.front());
  if (k > kMostBits || count > range) return false;
  BitReader bits(bytes.substr(1));
  numbers.reserve(count);
  std::uint64_t next = 0;
  for (; count > 0; --count) {
    const std::uint64_t high = bits.unary();
    next += (high << k) | bits.take(k);
    if (bits.failed() || next >= range) return false;
    numbers.push_back(static_cast<std::uint32_t>(next));
    ++next;
  }
  return true;
}

}  // namespace

void put_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>((number & 0x7f) | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (bytes.empty()) return {};
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return {};
}

std::string pack_postings(std::span<const std::uint32_t> numbers,
                          std::uint32_t range) {
  require(range <= kMostPostings, "postings of a small range");
  std::string out;
  if (numbers.size() > range / 2) {
    const auto others = missing(numbers, range);
    put_varint(out, others.size() * 2 + 1);
    if (!others.empty()) put_list(out, others);
    return out;
  }
  put_varint(out, numbers.size() * 2);
  put_list(out, numbers);
  return out;
}

bool unpack_postings(std::string_view bytes, std::uint32_t range,
                     std::vector<std::uint32_t>& numbers) {
  numbers.clear();
  const auto head = take_varint(bytes);
  if (!head || range > kMostPostings) return false;
  if ((*head & 1) == 0) return take_list(bytes, *head / 2, range, numbers);
  std::vector<std::uint32_t> others;
  if (*head > 1 && !take_list(bytes, *head / 2, range, others)) return false;
  numbers = missing(others, range);
  return true;
}

}  // namespace mail::store
