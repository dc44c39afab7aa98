// TextWire: a wire whose other end is a list of texts, one for each time the
// client waits; and what the client sent, piece by piece.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "relay/wire.h"

namespace mail {

class TextWire : public relay::Wire {
 public:
  explicit TextWire(std::deque<std::string> texts) : texts_(std::move(texts)) {}

  std::vector<std::string> sent;
  std::string all() const {
    std::string text;
    for (const auto& one : sent) text += one;
    return text;
  }
  bool handshake_works = true;
  bool is_local = false;
  bool files = false;

  void patience(relay::Patience) override {}
  bool send(std::string_view bytes) override {
    if (closed_) return false;
    if (more_) {
      sent.back() += bytes;
    } else {
      sent.emplace_back(bytes);
    }
    more_ = false;
    return true;
  }
  bool send_more(std::string_view bytes) override {
    const bool good = send(bytes);
    more_ = true;
    return good;
  }
  bool send_file(const Fd& file, std::int64_t offset,
                 std::int64_t length) override {
    return send_more(file.read_at(offset, static_cast<std::size_t>(length)));
  }
  bool can_send_file() const override { return files; }
  std::size_t receive(std::span<char> space) override {
    while (!texts_.empty() && texts_.front().empty()) texts_.pop_front();
    if (texts_.empty()) {
      closed_ = true;
      return 0;
    }
    std::string& text = texts_.front();
    const std::size_t count = text.copy(space.data(), space.size());
    text.erase(0, count);
    if (text.empty()) texts_.pop_front();
    return count;
  }
  bool start_tls(relay::Proof proof) override {
    if (!handshake_works) return false;
    encrypted_ = true;
    proved_ = proof == relay::Proof::Name;
    sent.emplace_back("(TLS)");
    return true;
  }
  std::string tls() const override { return encrypted_ ? "TLSv1.3 X" : ""; }
  bool proved() const override { return proved_; }
  bool local() const override { return is_local; }
  std::string trouble() const override { return "connection closed"; }
  bool timed_out() const override { return false; }

 private:
  std::deque<std::string> texts_;
  bool closed_ = false;
  bool more_ = false;
  bool encrypted_ = false;
  bool proved_ = false;
};

}  // namespace mail
