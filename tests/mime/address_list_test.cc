#include "mime/address_list.h"

#include <gtest/gtest.h>

namespace mail::mime {
namespace {

// Each entry as name|route|local|domain; groups in brackets.
std::string shown(std::string_view value) {
  std::string out;
  for (const Listed& entry : parse_address_list(value)) {
    if (!out.empty()) out += ' ';
    switch (entry.kind) {
      case Listed::Kind::GroupStart:
        out += "[" + entry.name;
        break;
      case Listed::Kind::GroupEnd:
        out += "]";
        break;
      case Listed::Kind::Mailbox:
        out += entry.name + "|" + entry.route + "|" + entry.local + "|" +
               entry.domain;
    }
  }
  return out;
}

TEST(AddressListTest, ReadsTheGrammar) {
  const struct {
    std::string_view value;
    std::string_view list;
  } kCases[] = {
      {"", ""},
      {"ann@example.org", "||ann|example.org"},
      {"Ann <ann@x>, bob@y", "Ann||ann|x ||bob|y"},
      {"\"Doe, John\" <j@x>", "Doe, John||j|x"},
      {"\"a \\\" b\" <j@x>", "a \" b||j|x"},
      {"John Q. Public <j@x>", "John Q. Public||j|x"},
      {"John\r\n\tDoe <j@x>", "John Doe||j|x"},
      {"<j@x>", "||j|x"},
      {"j@x (John (the) Doe)", "John (the) Doe||j|x"},
      {"(who) John <j(c)@(c)x(c)>", "John||j|x"},
      {"\"j d\"@x", "||j d|x"},
      {"J <@a,@b.c:j@x>", "J|@a,@b.c|j|x"},
      {"a . b @ c . d", "||a.b|c.d"},
      {"j@[192.0.2.1]", "||j|[192.0.2.1]"},
      {"j@[IPv6:::1] (J)", "J||j|[IPv6:::1]"},
      {"team: a@x, B <b@y>;", "[team ||a|x B||b|y ]"},
      {"undisclosed-recipients:;", "[undisclosed-recipients ]"},
      {"a:;, b@x", "[a ] ||b|x"},
      {",, a@x ,, b@y,", "||a|x ||b|y"},  // obs-addr-list
      {"J\xC3\xBCrgen <j\xC3\xBC@x>", "J\xC3\xBCrgen||j\xC3\xBC|x"},
  };
  for (const auto& [value, list] : kCases) EXPECT_EQ(shown(value), list);
}

TEST(AddressListTest, KeepsWhatItCanOfTheRest) {
  const struct {
    std::string_view value;
    std::string_view list;
  } kCases[] = {
      {"root", "||root|"},
      {"John Doe", "||John Doe|"},
      {"John <j@x", "John||j|x"},
      {"John <j@x, b@y", "John||j|x ||b|y"},
      {"\"John <j@x>", "\"John||j|x"},
      {"John (x <j@x>", "John (x||j|x"},
      {"j@x <j@x>", "j@x||j|x"},
      {"j@x k@y", "||j|x ||k|y"},
      {"John Doe j@x", "John Doe||j|x"},
      {"<a@b@c>", "||a@b|c"},
      {"a@b@c", "||a@b|c"},
      {"<john doe@x>", "||johndoe|x"},
      {"John <>", "John|||"},
      {"<>", ""},
      {"a@x; b@y", "||a|x ||b|y"},  // semicolons as some write them
      {"x: y: a@b;", "[x y:||a|b ]"},
      {"g: a@b", "[g ||a|b ]"},
      {"=?utf-8?q?Doe,_John?= <j@x>", "=?utf-8?q?Doe,_John?=||j|x"},
      {"=?utf-8?q?Doe <j@x>", "=?utf-8?q?Doe||j|x"},
      {"a@", "||a|"},
      {"@x", "|||x"},
      {">>", ""},
  };
  for (const auto& [value, list] : kCases) EXPECT_EQ(shown(value), list);
}

TEST(AddressListTest, HoldsItsLimits) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "a@b,";
  EXPECT_EQ(parse_address_list(many).size(), kMaxListed);
  parse_address_list(std::string(1 << 18, '('));
  parse_address_list(std::string(1 << 18, '"'));
  parse_address_list(std::string(1 << 18, '<'));
  parse_address_list(std::string(1 << 18, '@'));
  std::string marks;
  for (int i = 0; i < 50'000; ++i) marks += "=?a?b";
  parse_address_list(marks);
}

TEST(AddressListTest, OpensGroups) {
  const auto list = mailboxes(parse_address_list("g: a@x, b@y;, c@z"));
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[2].address(), "c@z");
}

TEST(AddressListTest, FormatsMailboxes) {
  EXPECT_EQ(format_mailbox("", "a@x"), "a@x");
  EXPECT_EQ(format_mailbox("Ann B", "a@x"), "Ann B <a@x>");
  EXPECT_EQ(format_mailbox("B, \"Ann\"", "a@x"), "\"B, \\\"Ann\\\"\" <a@x>");
  EXPECT_EQ(format_mailbox("J\xC3\xBCrgen", "a@x"),
            "=?utf-8?q?J=C3=BCrgen?= <a@x>");
}

}  // namespace
}  // namespace mail::mime
