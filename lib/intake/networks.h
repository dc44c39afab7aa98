// Networks: a list of addresses and address ranges, "10.0.0.0/8", "::1".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mail::intake {

class Networks {
 public:
  // Throws an Exit (78) that names the entry that is none.
  explicit Networks(const std::vector<std::string>& texts);

  // IPv4 addresses count also when they come as ::ffff:192.0.2.1.
  bool contains(std::string_view address) const;

 private:
  struct Network {
    std::array<unsigned char, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
    unsigned bits = 0;
  };
  static Network parse(const std::string& text);

  std::vector<Network> networks_;
};

}  // namespace mail::intake
