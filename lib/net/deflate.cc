#include "net/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/fault.h"

namespace mail::net {
namespace {

constexpr int kRaw = -MAX_WBITS;  // no zlib header (RFC 4978 section 4)
constexpr int kLevel = 3;         // a third of the time of the usual 6
constexpr std::size_t kKept = 8;  // compressors nobody uses
constexpr std::size_t kPiece = 16 << 10;
constexpr std::size_t kState = 7 << 10;  // of zlib while it decompresses

// What inflate() tells of where it stands, in data_type.
constexpr int kBits = 63;
constexpr int kLastBlock = 64;
constexpr int kBetweenBlocks = 128;

Bytef* bytes_of(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

struct Compressor::Stream : z_stream {
  Stream() : z_stream{} {
    const int made =
        ::deflateInit2(this, kLevel, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY);
    if (made != Z_OK) throw Fault("no memory to compress");
  }
  ~Stream() { ::deflateEnd(this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

struct Decompressor::Stream : z_stream {
  Stream() : z_stream{} {
    if (::inflateInit2(this, kRaw) != Z_OK) {
      throw Fault("no memory to decompress");
    }
  }
  ~Stream() { ::inflateEnd(this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Compressor::Compressor() : stream_(std::make_unique<Stream>()) {}
Compressor::~Compressor() = default;
Decompressor::Decompressor() = default;
Decompressor::~Decompressor() = default;

void Compressor::begin_anew() { ::deflateReset(stream_.get()); }

void Compressor::run(std::string_view bytes, int mode, const Write& write) {
  std::array<char, kPiece> piece;
  stream_->next_in = bytes_of(bytes);
  stream_->avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_->avail_out = piece.size();
    ::deflate(stream_.get(), mode);
    write({piece.data(), piece.size() - stream_->avail_out});
  } while (stream_->avail_out == 0);
}

void Compressor::add(std::string_view bytes, const Write& write) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece))) {
    run(bytes.substr(0, kPiece), Z_NO_FLUSH, write);
  }
}

void Compressor::flush(const Write& write) { run({}, Z_SYNC_FLUSH, write); }

std::unique_ptr<Compressor> Compressors::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto compressor = std::move(free_.back());
      free_.pop_back();
      return compressor;
    }
  }
  return std::make_unique<Compressor>();
}

void Compressors::give(std::unique_ptr<Compressor> compressor) {
  compressor->begin_anew();
  const std::lock_guard lock(mutex_);
  if (free_.size() < kKept) free_.push_back(std::move(compressor));
}

void Decompressor::wake() {
  if (stream_) return;
  stream_ = std::make_unique<Stream>();
  if (!history_.empty()) {
    ::inflateSetDictionary(stream_.get(), bytes_of(history_),
                           static_cast<uInt>(history_.size()));
  }
  if (bits_ > 0) ::inflatePrime(stream_.get(), bits_, last_ >> (8 - bits_));
  history_ = std::string();
}

std::optional<std::size_t> Decompressor::add(std::string_view in,
                                             std::string& out,
                                             std::size_t room) {
  if (ended_) return in.size();
  wake();
  const std::size_t had = out.size();
  out.resize(had + room);
  stream_->next_in = bytes_of(in);
  stream_->avail_in = static_cast<uInt>(in.size());
  stream_->next_out = reinterpret_cast<Bytef*>(out.data() + had);
  stream_->avail_out = static_cast<uInt>(room);
  const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
  out.resize(out.size() - stream_->avail_out);
  ended_ = result == Z_STREAM_END;
  if (result != Z_OK && result != Z_BUF_ERROR && !ended_) return {};
  const std::size_t used = in.size() - stream_->avail_in;
  if (used > 0) last_ = static_cast<unsigned char>(in[used - 1]);
  return used;
}

void Decompressor::rest() {
  if (!stream_) return;
  const int state = stream_->data_type;
  const int bits = state & kBits;
  if (!(state & kBetweenBlocks) || (state & kLastBlock) || bits > 7) return;
  uInt size = 0;
  ::inflateGetDictionary(stream_.get(), nullptr, &size);
  history_.resize(size);
  ::inflateGetDictionary(stream_.get(), bytes_of(history_), &size);
  bits_ = bits;
  stream_.reset();
}

std::size_t Decompressor::memory() const {
  return stream_ ? kState + (std::size_t{1} << MAX_WBITS) : history_.capacity();
}

}  // namespace mail::net
