// Mapping: the first bytes of a file, where they lie.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/fd.h"

namespace mail {

class Mapping {
 public:
  // Fault when the file is shorter: beyond its end a mapping would kill us.
  Mapping(const Fd& file, std::size_t length);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string_view view() const {
    return {static_cast<const char*>(bytes_), length_};
  }

  // Gives back the memory of what lies before `offset`; it stays readable.
  void let_go(std::size_t offset) const;

 private:
  void* bytes_ = nullptr;
  std::size_t length_;
};

}  // namespace mail
