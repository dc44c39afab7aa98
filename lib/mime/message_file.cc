#include "mime/message_file.h"

#include <unistd.h>

#include <algorithm>

#include "base/fault.h"
#include "base/file.h"

namespace mail::mime {
namespace {

constexpr std::string_view kMagic = "STMF";
constexpr std::string_view kEnd = "END\n";
constexpr std::size_t kDigestSize = 16;
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kGather = 64 << 10;

// Numbers stand least significant byte first.
template <class Number>
void put(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out += static_cast<char>(number >> (8 * i) & 0xff);
  }
}

std::uint64_t number_at(std::string_view bytes, std::size_t at,
                        std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

// magic 4, version 4, n 8, envelope length 8, digest 16, zero 4, END 4.
std::string encode(const Footer& footer) {
  std::string out(kMagic);
  put(out, kVersion);
  put(out, static_cast<std::uint64_t>(footer.message_length));
  put(out, static_cast<std::uint64_t>(footer.envelope_length));
  out += footer.digest;
  put(out, std::uint32_t{0});
  return out += kEnd;
}

}  // namespace

std::optional<Footer> parse_footer(std::string_view end,
                                   std::int64_t file_size) {
  const auto size = static_cast<std::size_t>(kFooterSize);
  if (end.size() < size || file_size < kFooterSize) return {};
  const std::string_view bytes = end.substr(end.size() - size);
  if (bytes.substr(0, 4) != kMagic || bytes.substr(44) != kEnd) return {};
  if (number_at(bytes, 4, 4) != kVersion) return {};
  const std::uint64_t message = number_at(bytes, 8, 8);
  const std::uint64_t envelope = number_at(bytes, 16, 8);
  const auto room = static_cast<std::uint64_t>(file_size - kFooterSize);
  if (message > room || envelope != room - message) return {};
  return Footer{static_cast<std::int64_t>(message),
                static_cast<std::int64_t>(envelope),
                std::string(bytes.substr(24, kDigestSize))};
}

MessageWriter::MessageWriter(const Fd& file)
    : file_(file), digest_(kDigestSize) {}

void MessageWriter::write(std::string_view bytes) {
  length_ += static_cast<std::int64_t>(bytes.size());
  buffer_ += bytes;
  if (buffer_.size() >= kGather) flush();
}

void MessageWriter::flush() {
  digest_.add(buffer_);
  file_.write(buffer_);
  buffer_.clear();
  flushed_ = true;
}

std::string_view MessageWriter::held() const {
  if (flushed_) return {};
  return std::string_view(buffer_).substr(0, static_cast<std::size_t>(length_));
}

void MessageWriter::end(std::string_view envelope) {
  buffer_ += envelope;
  digest_.add(buffer_);
  buffer_ += encode({length_, static_cast<std::int64_t>(envelope.size()),
                     digest_.finish()});
  file_.write(buffer_);
}

void MessageWriter::commit(std::string_view envelope, const Fd& folder) {
  struct Cutter {
    MessageWriter* writer;
    ~Cutter() {
      if (writer) writer->abandon();
    }
  } cutter{this};
  end(envelope);
  sync_new(file_, folder);
  cutter.writer = nullptr;
}

void MessageWriter::abandon() {
  buffer_.clear();
  if (::ftruncate(file_.number(), 0) != 0) return;  // torn all the same
}

std::optional<Footer> read_footer(const Fd& file) {
  const std::int64_t size = file.size();
  if (size < kFooterSize) return {};
  return parse_footer(file.read_at(size - kFooterSize, kFooterSize), size);
}

std::string read_envelope(const Fd& file, const Footer& footer) {
  return file.read_at(footer.message_length,
                      static_cast<std::size_t>(footer.envelope_length));
}

bool verify(const Fd& file, const Footer& footer) {
  Digest digest(kDigestSize);
  const std::int64_t end = footer.message_length + footer.envelope_length;
  for (std::int64_t at = 0; at < end;) {
    const auto want = std::min<std::int64_t>(end - at, 256 << 10);
    const std::string bytes =
        file.read_at(at, static_cast<std::size_t>(want));
    if (bytes.size() != static_cast<std::size_t>(want)) return false;
    digest.add(bytes);
    at += want;
  }
  return digest.finish() == footer.digest;
}

bool verify(std::string_view file, const Footer& footer) {
  Digest digest(kDigestSize);
  digest.add(file.substr(0, static_cast<std::size_t>(footer.message_length +
                                                     footer.envelope_length)));
  return digest.finish() == footer.digest;
}

}  // namespace mail::mime
