#include "store/sort_key.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mail::store {
namespace {

std::string key(SortKey by, std::string_view header) {
  return sort_text(by, std::string(header) + "\r\n\r\n");
}

TEST(SortKeyTest, CasemapIsTitlecaseAndDecomposed) {
  EXPECT_EQ(casemap("Hello_world"), "HELLO_WORLD");
  EXPECT_EQ(casemap("\xC3\xA4"), "A\xCC\x88");          // a umlaut
  EXPECT_EQ(casemap("\xC3\x84"), "A\xCC\x88");          // A umlaut
  EXPECT_EQ(casemap("\xC7\x86"), casemap("\xC7\x84"));  // dz with caron
  EXPECT_EQ(casemap("\xEF\xBD\x81"), "A");              // full width a
  EXPECT_EQ(casemap("\xD0\xBF"), "\xD0\x9F");           // Cyrillic
}

TEST(SortKeyTest, SubjectsAreBaseSubjects) {
  EXPECT_EQ(key(SortKey::Subject, "Subject: Re: [x] =?utf-8?q?a_b?= (fwd)"),
            "A B");
  EXPECT_EQ(key(SortKey::Subject, "X: y"), "");
}

TEST(SortKeyTest, AddressesAreTheLocalPartsOfTheFirst) {
  EXPECT_EQ(key(SortKey::From, "From: Ann <bob@x>, carl@y"), "BOB");
  EXPECT_EQ(key(SortKey::To, "To: \"a b\"@x"), "A B");
  EXPECT_EQ(key(SortKey::Cc, "Cc: team: bob@x;"), "TEAM");
  EXPECT_EQ(key(SortKey::Cc, "To: x@y"), "");
}

TEST(SortKeyTest, DisplayNamesComeBeforeAddresses) {
  EXPECT_EQ(key(SortKey::DisplayFrom, "From: =?utf-8?q?Ann?= <b@x>"), "ANN");
  EXPECT_EQ(key(SortKey::DisplayFrom, "From: b@x"), "B@X");
  EXPECT_EQ(key(SortKey::DisplayTo, "To: team: bob@x;"), "TEAM");
  EXPECT_EQ(key(SortKey::DisplayTo, "X: y"), "");
}

TEST(SortKeyTest, NumbersSortAsBytes) {
  EXPECT_LT(sort_number(-5), sort_number(-4));
  EXPECT_LT(sort_number(-1), sort_number(0));
  EXPECT_LT(sort_number(255), sort_number(256));
}

TEST(SortKeyTest, ReferencesFallBackToInReplyTo) {
  const auto read = [](std::string_view header) {
    return read_reference(1, std::string(header) + "\r\n\r\n");
  };
  const auto one = read("Message-ID: <a@x>\r\nIn-Reply-To: <b@x> <c@x>");
  ASSERT_EQ(one.to.size(), 1u);
  EXPECT_EQ(one.to[0], read("Message-ID: <\"b\"@x>").id);
  EXPECT_EQ(read("References: <b@x> <c@x>\r\nIn-Reply-To: <d@x>").to.size(),
            2u);
  EXPECT_EQ(read("References: none\r\nIn-Reply-To: <d@x>").to.size(), 1u);
  EXPECT_EQ(read("X: y").id, 0u);
  EXPECT_EQ(read("X: y").subject, 0u);
  EXPECT_TRUE(read("Subject: Re: x").reply);
  EXPECT_EQ(read("Subject: Re: x").subject, read("Subject: X").subject);
  std::string many = "References:";
  for (int i = 0; i < 500; ++i) many += " <" + std::to_string(i) + "@x>";
  const auto cut = read(many);
  EXPECT_EQ(cut.to.size(), 100u);
  EXPECT_EQ(cut.to.front(), read("Message-ID: <0@x>").id);
  EXPECT_EQ(cut.to.back(), read("Message-ID: <499@x>").id);
}

}  // namespace
}  // namespace mail::store
