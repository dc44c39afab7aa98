// Deflate: compressed streams in both directions (RFC 1951, without header),
// in a form that costs little while a connection waits.
//
// What goes out: every flush ends at a byte, and a stream may begin anew
// there; so a compressor is borrowed for one turn of a connection and nothing
// of it is kept.  What comes in may refer back to the last 32 KiB: between two
// turns only these are kept, as far as there were so many, not the 40 KiB of
// zlib's state.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::net {

class Compressor {
 public:
  using Write = std::function<void(std::string_view)>;

  Compressor();
  ~Compressor();
  // From here on nothing refers to what was before.
  void begin_anew();
  void add(std::string_view bytes, const Write& write);
  // All that was added can be read by the peer.
  void flush(const Write& write);

 private:
  struct Stream;
  void run(std::string_view bytes, int mode, const Write& write);
  std::unique_ptr<Stream> stream_;
};

// The compressors of a process: 268 KB each, as many as work at one time; a
// few are kept.
class Compressors {
 public:
  std::unique_ptr<Compressor> take();
  void give(std::unique_ptr<Compressor> compressor);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Compressor>> free_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();

  // Adds to `out` what `in` holds, up to `room` bytes; how much of `in` was
  // used.  Nothing: these are no bytes of a compressed stream.
  std::optional<std::size_t> add(std::string_view in, std::string& out,
                                 std::size_t room);

  // Whether the stream has come to its own end: nothing follows.
  bool ended() const { return ended_; }

  // Between two turns: keeps the history alone, where the stream allows it.
  void rest();

  // Bytes that it holds now.
  std::size_t memory() const;

 private:
  struct Stream;
  void wake();

  std::unique_ptr<Stream> stream_;  // none while it rests
  std::string history_;
  bool ended_ = false;
  int bits_ = 0;  // of the last byte, not used yet
  unsigned char last_ = 0;
};

}  // namespace mail::net
