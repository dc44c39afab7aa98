#include "base/text.h"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(TextTest, NormalizesToFormC) {
  EXPECT_EQ(nfc("plain"), "plain");
  EXPECT_EQ(nfc("u\xCC\x88"), "\xC3\xBC");  // u and a combining diaeresis
  EXPECT_EQ(nfc("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(nfc(""), "");
}

TEST(TextTest, FoldsCaseBeyondAscii) {
  EXPECT_EQ(fold_case("HeLLo"), "hello");
  EXPECT_EQ(fold_case("STRASSE"), fold_case("Stra\xC3\x9F"
                                            "e"));
  EXPECT_EQ(fold_case("\xC3\x84rger"), fold_case("\xC3\xA4RGER"));
  EXPECT_EQ(fold_case("\xEF\xBC\xA1"), "a");  // full width A
}

TEST(TextTest, BringsDomainsIntoOneForm) {
  const std::string label(63, 'a');
  const struct {
    std::string domain;
    std::optional<std::string> ascii;
  } kCases[] = {
      {"Example.ORG", "example.org"},
      {"localhost", "localhost"},
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"B\xC3\x9C"
       "CHER.example",
       "xn--bcher-kva.example"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"fa\xC3\x9F.de", "xn--fa-hia.de"},  // non-transitional
      {label + ".example", label + ".example"},
      {label + "a.example", std::nullopt},
      {"", std::nullopt},
      {".", std::nullopt},
      {"a..b", std::nullopt},
      {"example.org.", std::nullopt},
      {"-a.example", std::nullopt},
      {"a-.example", std::nullopt},
      {"a_b.example", std::nullopt},
      {"a b", std::nullopt},
      {"a\xFF.example", std::nullopt},
      {std::string("a\0b", 3), std::nullopt},
      {"\xE2\x80\x8D.example", std::nullopt},  // a joiner alone
  };
  for (const auto& [domain, ascii] : kCases) {
    EXPECT_EQ(domain_to_ascii(domain), ascii) << domain;
  }
}

TEST(TextTest, ShowsDomainsToPeople) {
  EXPECT_EQ(domain_to_unicode("xn--bcher-kva.example"),
            "b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(domain_to_unicode("xn--\xFF"), "xn--\xFF");
}

TEST(TextTest, CutsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("a\xC3\xBC", 3), "a\xC3\xBC");
  EXPECT_EQ(utf8_prefix("a\xC3\xBC", 2), "a");
  EXPECT_EQ(utf8_prefix("\xE2\x82\xAC", 1), "");
}

TEST(TextTest, ReplacesBadBytes) {
  EXPECT_EQ(scrub_utf8("a\xC3\xBC"), "a\xC3\xBC");
  EXPECT_EQ(scrub_utf8("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace mail
