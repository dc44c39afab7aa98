#include "net/deflate_session.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fault.h"

namespace mail::net {
namespace {

constexpr std::size_t kPiece = 32 << 10;
constexpr std::size_t kUnused = 4 << 20;  // a session leaves less than that

}  // namespace

// What the session writes, on its way through a compressor.
class DeflateSession::Packed final : public Output {
 public:
  Packed(Output& out, Compressors& compressors)
      : out_(out), compressors_(compressors) {}
  ~Packed() override {
    if (compressor_) compressors_.give(std::move(compressor_));
  }

  void write(std::string_view bytes) override {
    if (bytes.empty()) return;
    if (!compressor_) compressor_ = compressors_.take();
    compressor_->add(bytes, write_);
  }

  void write_file(int file, std::int64_t offset, std::int64_t length) override {
    std::array<char, kPiece> piece;
    while (length > 0) {
      const auto size = static_cast<std::size_t>(
          std::min<std::int64_t>(length, piece.size()));
      const ssize_t n = ::pread(file, piece.data(), size, offset);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_errno("read a file to send");
      if (n == 0) throw Fault("a file to send is shorter than it was");
      write({piece.data(), static_cast<std::size_t>(n)});
      offset += n;
      length -= n;
    }
  }

  void flush() override {
    finish();
    out_.flush();
  }

  void finish() {
    if (compressor_) compressor_->flush(write_);
  }

 private:
  Output& out_;
  Compressors& compressors_;
  std::unique_ptr<Compressor> compressor_;
  const Compressor::Write write_ = [this](std::string_view bytes) {
    out_.write(bytes);
  };
};

// What came, decompressed.
class DeflateSession::Unpacked final : public Input {
 public:
  Unpacked(std::string& plain, const Input& packed, bool ended)
      : plain_(plain), packed_(packed), ended_(ended) {}
  ~Unpacked() override { plain_.erase(0, used_); }

  std::string_view bytes() const override {
    return std::string_view(plain_).substr(used_);
  }
  void use(std::size_t count) override { used_ += count; }
  bool ended() const override {
    return ended_ || (packed_.ended() && packed_.bytes().empty());
  }

 private:
  std::string& plain_;
  const Input& packed_;
  const bool ended_;
  std::size_t used_ = 0;
};

DeflateSession::DeflateSession(std::unique_ptr<Session> inner,
                               Compressors& compressors)
    : inner_(std::move(inner)), compressors_(compressors) {}

Wait DeflateSession::greet(Output& out) { return inner_->greet(out); }

void DeflateSession::secured(const TlsFacts& facts) { inner_->secured(facts); }

Wait DeflateSession::serve(Input& in, Output& out) {
  if (!decompressor_) {
    const Wait wait = inner_->serve(in, out);
    if (wait.what != Wait::For::Deflate) return wait;
    decompressor_ = std::make_unique<Decompressor>();
  }
  return serve_deflated(in, out);
}

// Piece by piece: a few bytes may stand for very many.
Wait DeflateSession::serve_deflated(Input& in, Output& out) {
  Packed packed(out, compressors_);
  Wait wait;
  bool more = true;
  while (more) {
    const std::size_t had = plain_.size();
    const auto used = decompressor_->add(in.bytes(), plain_, kPiece);
    if (!used) return Wait::close();
    in.use(*used);
    more = !in.bytes().empty() || plain_.size() - had == kPiece;
    Unpacked unpacked(plain_, in, decompressor_->ended());
    wait = inner_->serve(unpacked, packed);
    if (unpacked.bytes().size() > kUnused) throw Fault("input left unused");
    more = more && wait.what == Wait::For::Input;
  }
  packed.finish();
  decompressor_->rest();
  plain_.shrink_to_fit();
  return wait;
}

Wait DeflateSession::expired(Output& out) {
  if (!decompressor_) return inner_->expired(out);
  Packed packed(out, compressors_);
  const Wait wait = inner_->expired(packed);
  packed.finish();
  return wait;
}

void DeflateSession::farewell(Output& out) {
  if (!decompressor_) return inner_->farewell(out);
  Packed packed(out, compressors_);
  inner_->farewell(packed);
  packed.finish();
}

std::size_t DeflateSession::memory() const {
  return plain_.capacity() + (decompressor_ ? decompressor_->memory() : 0);
}

}  // namespace mail::net
