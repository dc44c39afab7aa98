// Fd: a file descriptor that closes itself.
//
// The calls repeat after EINTR and throw Fault on trouble; the text names what
// the descriptor was opened for.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mail {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { close(); }

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

  // Another descriptor of the same open file.
  [[nodiscard]] Fd duplicate() const;

  // Gives the descriptor away; this object owns nothing afterwards.
  int release();
  void close();

  // Writes all of it.
  void write(std::string_view bytes) const;
  void write_at(std::string_view bytes, std::int64_t offset) const;

  // Reads up to `size` bytes; less only at the end of the file.
  std::string read_at(std::int64_t offset, std::size_t size) const;

  // Bytes in the file.
  std::int64_t size() const;

  void sync() const;
  void truncate(std::int64_t size) const;

 private:
  int number_ = -1;
};

// open(2) with O_CLOEXEC; throws Fault when it fails.
[[nodiscard]] Fd open_file(const std::string& path, int flags,
                           mode_t mode = 0);
[[nodiscard]] Fd open_at(const Fd& folder, const std::string& name, int flags,
                         mode_t mode = 0);

// A read-only descriptor of a folder, to sync it or to open files below it.
[[nodiscard]] Fd open_folder(const std::string& path);

}  // namespace mail
