#include "tests/bench/letters.h"

#include <array>
#include <cstdio>
#include <random>
#include <string_view>

namespace mail::bench {
namespace {

constexpr std::array<std::string_view, 40> kWords{
    "report",  "meeting", "draft",   "invoice", "garden",  "letter", "river",
    "project", "summer",  "account", "travel",  "ticket",  "window", "music",
    "the",     "of",      "and",     "with",    "for",     "about",  "before",
    "after",   "between", "house",   "office",  "paper",   "answer", "question",
    "number",  "station", "morning", "evening", "weekend", "people", "server",
    "mailbox", "thread",  "subject", "network", "kernel"};

std::string words(std::minstd_rand& random, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += kWords[random() % kWords.size()];
  }
  return out;
}

std::string paragraphs(std::minstd_rand& random, int bytes) {
  std::string out;
  while (static_cast<int>(out.size()) < bytes) {
    // A word of its own now and then: an index must hold them all.
    if (random() % 8 == 0) out += "w" + std::to_string(random() % 50'000) + ' ';
    out += words(random, 9) + "\r\n";
  }
  return out;
}

std::string base64_lines(std::minstd_rand& random, int bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  while (static_cast<int>(out.size()) < bytes) {
    for (int i = 0; i < 76; ++i) out += kDigits[random() % 64];
    out += "\r\n";
  }
  return out;
}

std::string header(int number, std::minstd_rand& random) {
  const int thread = number / 4;
  std::minstd_rand of_thread(static_cast<unsigned>(thread) + 7);
  of_thread.discard(3);
  std::array<char, 64> date{};
  std::snprintf(date.data(), date.size(), "%02d %s 20%02d %02d:%02d:00 +0000",
                1 + number % 28, number % 2 ? "Mar" : "Oct", 10 + number % 15,
                number % 24, number % 60);
  const auto id = [](int of) {
    return "<letter." + std::to_string(of) + "@sender.test>";
  };
  std::string out = "Return-Path: <p" + std::to_string(number % 300) +
                    "@sender.test>\r\nReceived: from sender.test by "
                    "mx.bench.test; " +
                    std::string(date.data()) + "\r\n";
  out += "From: Person " + std::to_string(number % 300) + " <p" +
         std::to_string(number % 300) + "@sender.test>\r\n";
  out += "To: You <you@bench.test>, Other <other@bench.test>\r\n";
  if (number % 5 == 0) out += "Cc: third@bench.test\r\n";
  out += "Subject: " + std::string(number % 4 ? "Re: " : "") +
         words(of_thread, 4) + ' ' + std::to_string(thread) + "\r\n";
  out += "Date: " + std::string(date.data()) + "\r\nMessage-ID: " + id(number) +
         "\r\n";
  if (number % 4 != 0) {
    out += "In-Reply-To: " + id(number - 1) + "\r\nReferences:";
    for (int of = thread * 4; of < number; ++of) out += ' ' + id(of);
    out += "\r\n";
  }
  return out + "X-Mailer: " + words(random, 2) + "\r\nMIME-Version: 1.0\r\n";
}

}  // namespace

std::string letter(int number, int bytes) {
  std::minstd_rand random(static_cast<unsigned>(number) + 1);
  std::string out = header(number, random);
  const int left = std::max(bytes - static_cast<int>(out.size()) - 100, 40);
  if (number % 10 == 9) {
    return out +
           "Content-Type: multipart/mixed; boundary=mixed\r\n\r\n"
           "--mixed\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
           paragraphs(random, left / 3) +
           "--mixed\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n"
           "Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n" +
           base64_lines(random, left - left / 3 - 150) + "--mixed--\r\n";
  }
  if (number % 4 == 1) {
    return out +
           "Content-Type: multipart/alternative; boundary=alt\r\n\r\n"
           "--alt\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
           paragraphs(random, left / 2) +
           "--alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" +
           paragraphs(random, left / 2 - 80) + "</p>\r\n--alt--\r\n";
  }
  return out + "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
         paragraphs(random, left);
}

}  // namespace mail::bench
