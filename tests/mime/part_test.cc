#include "mime/part.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace mail::mime {
namespace {

// "multipart/mixed(text/plain[body] ...)": leaves with their bodies.
std::string shown(std::string_view message, const Part& part) {
  std::string out = part.type + "/" + part.subtype;
  if (part.children.empty()) {
    return out + "[" + std::string(body_of(message, part)) + "]";
  }
  out += "(";
  for (const Part& child : part.children) {
    if (&child != &part.children.front()) out += " ";
    out += shown(message, child);
  }
  return out + ")";
}

std::string tree(std::string_view message) {
  return shown(message, parse_message(message));
}

// Two nested multiparts "a" and "b" are easiest to read this way.
constexpr std::string_view kMixed =
    "Content-Type: multipart/mixed; boundary=a\r\n\r\n";

std::string mixed(std::string_view body) {
  return std::string(kMixed) + std::string(body);
}

TEST(PartTest, TakesAnythingForText) {
  EXPECT_EQ(tree(""), "text/plain[]");
  EXPECT_EQ(tree("x"), "text/plain[x]");
  EXPECT_EQ(tree("\r\nx"), "text/plain[x]");
  EXPECT_EQ(tree("A: b\r\n\r\nx\r\n"), "text/plain[x\r\n]");
  EXPECT_EQ(tree("A: b\r\nno field"), "text/plain[no field]");
  EXPECT_EQ(tree("A: b\r\nstray\r\nContent-Type: text/html\r\n\r\nx"),
            "text/html[x]");
  EXPECT_EQ(tree("A: b\r\nstray\r\nand more\r\nB: c\r\n"),
            "text/plain[stray\r\nand more\r\nB: c\r\n]");
  EXPECT_EQ(tree("Content-Type: nonsense\r\n\r\nx"), "text/plain[x]");
  EXPECT_EQ(tree("Content-Type: TEXT/HTML\n\nx"), "text/html[x]");
}

TEST(PartTest, SplitsMultiparts) {
  EXPECT_EQ(tree(mixed("pre\r\n--a\r\n\r\n1\r\n--a\r\n\r\n2\r\n--a--\r\npost")),
            "multipart/mixed(text/plain[1] text/plain[2])");
}

TEST(PartTest, FollowsTheRulesOfBoundaries) {
  const struct {
    std::string_view body;
    std::string_view parts;
  } kCases[] = {
      {"--a\n\n1\n--a--\n", "text/plain[1]"},              // bare LF
      {"--a\r\n\r\n1", "text/plain[1]"},                   // never closed
      {"--a \t\r\n\r\n1\r\n--a-- \r\n", "text/plain[1]"},  // padding
      {"--a\r\n\r\n1\r\n\r\n--a--", "text/plain[1\r\n]"},
      {"--a\r\n\r\n--a--", "text/plain[]"},
      {"--a\r\n--a--", "text/plain[]"},
      {"--a\r\n--a\r\n\r\nx", "text/plain[] text/plain[x]"},
      {"--a--\r\n", ""},
      {"--a\r\n\r\n--ab\r\n--a--", "text/plain[--ab]"},  // a prefix is not it
      {"--a\r\n\r\n--a x\r\n--a--", "text/plain[--a x]"},
      {"--a\r\n\r\n1 --a\r\n", "text/plain[1 --a\r\n]"},
      {"--a\r\n\r\n1\r\n--a--\r\n--a\r\n\r\n2", "text/plain[1]"},
      {"--a\r\nContent-Type: text/html\r\n--a--", "text/html[]"},
      {"--a\r\nno field\r\n--a--", "text/plain[no field]"},
      {"--a\r\nno field\r\nB: c\r\n\r\nx\r\n--a--", "text/plain[x]"},
  };
  for (const auto& [body, parts] : kCases) {
    const std::string wanted =
        parts.empty() ? "text/plain[" + std::string(body) + "]"
                      : "multipart/mixed(" + std::string(parts) + ")";
    EXPECT_EQ(tree(mixed(body)), wanted) << body;
  }
}

TEST(PartTest, TakesAMultipartWithoutBoundaryForText) {
  EXPECT_EQ(tree("Content-Type: multipart/mixed\r\n\r\nx"), "text/plain[x]");
}

TEST(PartTest, LetsTheOuterBoundaryEndTheInnerPart) {
  EXPECT_EQ(tree(mixed("--a\r\n"
                       "Content-Type: multipart/alternative; boundary=b\r\n"
                       "\r\n--b\r\n\r\n1\r\n--a\r\n\r\n2\r\n--a--")),
            "multipart/mixed(multipart/alternative(text/plain[1]) "
            "text/plain[2])");
}

TEST(PartTest, TakesABoundaryThatIsOpenTwiceForTheInnerOne) {
  EXPECT_EQ(tree(mixed("--a\r\n"
                       "Content-Type: multipart/related; boundary=a\r\n\r\n"
                       "--a\r\n\r\n1\r\n--a--\r\n--a\r\n\r\n2\r\n--a--")),
            "multipart/mixed(multipart/related(text/plain[1]) text/plain[2])");
}

TEST(PartTest, KnowsABoundaryThatEndsInDashes) {
  EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=\"a--\"\r\n\r\n"
                 "--a--\r\n\r\n1\r\n--a----\r\n--a--\r\nx"),
            "multipart/mixed(text/plain[1])");
}

TEST(PartTest, ReadsMessagesInMessages) {
  const std::string_view kText =
      "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody\r\n";
  const Part part = parse_message(kText);
  EXPECT_EQ(tree(kText), "message/rfc822(text/plain[body\r\n])");
  EXPECT_EQ(body_of(kText, part), "Subject: in\r\n\r\nbody\r\n");
  EXPECT_EQ(header_of(kText, part.children[0]), "Subject: in\r\n\r\n");
  EXPECT_EQ(part.lines, 3u);
}

TEST(PartTest, ReadsDigests) {
  EXPECT_EQ(tree("Content-Type: multipart/digest; boundary=a\r\n\r\n"
                 "--a\r\n\r\nSubject: 1\r\n\r\none\r\n"
                 "--a\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--a--"),
            "multipart/digest(message/rfc822(text/plain[one]) "
            "text/plain[two])");
}

TEST(PartTest, GivesAMessageCutShortItsChild) {
  EXPECT_EQ(tree("Content-Type: message/rfc822\r\n"),
            "message/rfc822(text/plain[])");
  EXPECT_EQ(tree(mixed("--a\r\nContent-Type: message/rfc822\r\n--a--")),
            "multipart/mixed(message/rfc822(text/plain[]))");
}

// The empty line behind the inner header is also the line end before the
// boundary, and so no part of the message in between.
TEST(PartTest, KeepsPartsWithinTheirParents) {
  const std::string text =
      mixed("--a\r\nContent-Type: message/rfc822\r\n\r\nX: y\r\n\r\n--a--");
  const Part root = parse_message(text);
  const Part& message = root.children.at(0);
  EXPECT_EQ(body_of(text, message), "X: y\r\n");
  EXPECT_EQ(header_of(text, message.children.at(0)), "X: y\r\n");
  EXPECT_EQ(header_of(text, message), "Content-Type: message/rfc822\r\n\r\n");
}

TEST(PartTest, CountsOctetsAndLines) {
  const struct {
    std::string_view body;
    std::uint64_t size;
    std::uint64_t lines;
  } kCases[] = {
      {"--a\r\n\r\n\r\n--a--", 0, 0},      {"--a\r\n\r\n1\r\n--a--", 1, 1},
      {"--a\r\n\r\n1\r\n\r\n--a--", 3, 1}, {"--a\r\n\r\n1\n2\n3\n--a--", 5, 3},
      {"--a\r\n\r\n1\r\n2", 4, 2},         {"--a\r\n\r\n1\r\n", 3, 1},
      {"--a\r\n\r\n\r\n\r\n--a--", 2, 1},
  };
  for (const auto& [body, size, lines] : kCases) {
    const Part part = parse_message(mixed(body));
    ASSERT_EQ(part.children.size(), 1u) << body;
    EXPECT_EQ(part.children[0].body_size, size) << body;
    EXPECT_EQ(part.children[0].lines, lines) << body;
  }
  EXPECT_EQ(parse_message("A: b\r\n\r\n1\r\n2\r\n").lines, 2u);
}

TEST(PartTest, TellsWhatTheFieldsSay) {
  const Part part = parse_message(
      "Content-Type: image/png; name=\"a b.png\"\r\n"
      "content-transfer-encoding: BASE64 (c)\r\n"
      "Content-ID: <x@y>\r\n"
      "Content-Description: two\r\n lines\r\n"
      "Content-Disposition: INLINE; filename*=utf-8''%C3%BC.png\r\n"
      "Content-Language: en, de\r\n"
      "Content-Location: http://x/y\r\n"
      "Content-MD5: abc\r\n"
      "Content-Type: text/html\r\n\r\n");
  EXPECT_TRUE(part.is("image", "png"));
  EXPECT_EQ(part.encoding, "base64");
  EXPECT_EQ(part.transfer_encoding(), Encoding::Base64);
  EXPECT_EQ(part.id, "<x@y>");
  EXPECT_EQ(part.description, "two lines");
  EXPECT_EQ(part.disposition, "inline");
  EXPECT_EQ(part.file_name(), "\xC3\xBC.png");
  EXPECT_EQ(part.language, (std::vector<std::string>{"en", "de"}));
  EXPECT_EQ(part.location, "http://x/y");
  EXPECT_EQ(part.md5, "abc");
}

TEST(PartTest, SaysWhatIsAssumedWithoutAType) {
  const Part part = parse_message("Subject: x\r\n\r\n");
  EXPECT_EQ(part.parameters, (Parameters{{"charset", "us-ascii"}}));
  EXPECT_TRUE(
      parse_message("Content-Type: text/plain\r\n\r\n").parameters.empty());
}

TEST(PartTest, FindsPartsByNumber) {
  const std::string text = mixed(
      "--a\r\n\r\n1\r\n"
      "--a\r\nContent-Type: message/rfc822\r\n\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\n\r\n2.1\r\n--b\r\n\r\n2.2\r\n--b--\r\n"
      "--a\r\nContent-Type: message/rfc822\r\n\r\nX: y\r\n\r\n3.1\r\n--a--");
  const Part root = parse_message(text);
  const auto body = [&](std::vector<std::uint32_t> numbers) {
    const Part* part = find_part(root, numbers);
    return part == nullptr ? "none" : std::string(body_of(text, *part));
  };
  EXPECT_EQ(find_part(root, {}), &root);
  EXPECT_EQ(body({1}), "1");
  EXPECT_EQ(body({2, 1}), "2.1");
  EXPECT_EQ(body({2, 2}), "2.2");
  EXPECT_EQ(body({3, 1}), "3.1");
  EXPECT_EQ(body({3}), "X: y\r\n\r\n3.1");
  for (const auto& numbers : std::vector<std::vector<std::uint32_t>>{
           {0}, {4}, {1, 1}, {2, 3}, {3, 2}, {3, 1, 1}, {2, 0}}) {
    EXPECT_EQ(body(numbers), "none");
  }
}

TEST(PartTest, GivesASinglePartTheNumberOne) {
  const Part root = parse_message("A: b\r\n\r\nx");
  EXPECT_EQ(find_part(root, std::array{1u}), &root);
  EXPECT_EQ(find_part(root, std::array{2u}), nullptr);
  EXPECT_EQ(find_part(root, std::array{1u, 1u}), nullptr);
}

TEST(PartTest, MakesRoomForFieldsInFront) {
  const std::string prefix = "Return-Path: <a@x>\r\n";
  const std::string text = mixed("--a\r\n\r\n1\r\n--a--");
  Part part = parse_message(text);
  add_prefix(part, prefix.size());
  EXPECT_EQ(shown(prefix + text, part), tree(prefix + text));
  EXPECT_EQ(header_of(prefix + text, part), prefix + std::string(kMixed));
}

std::size_t count(const Part& part) {
  std::size_t sum = 1;
  for (const Part& child : part.children) sum += count(child);
  return sum;
}

std::size_t depth(const Part& part) {
  std::size_t deepest = 0;
  for (const Part& child : part.children) {
    deepest = std::max(deepest, depth(child));
  }
  return deepest + 1;
}

TEST(PartTest, HoldsTheLimitOfDepth) {
  std::string messages;
  for (int i = 0; i < 300; ++i) messages += "Content-Type: message/rfc822\n\n";
  EXPECT_EQ(depth(parse_message(messages)), kMaxDepth);

  std::string multiparts;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "b" + std::to_string(i);
    multiparts += "Content-Type: multipart/mixed; boundary=" + name + "\n\n--" +
                  name + "\n";
  }
  EXPECT_EQ(depth(parse_message(multiparts)), kMaxDepth);
}

TEST(PartTest, HoldsTheLimitOfParts) {
  std::string body;
  for (std::size_t i = 0; i < 2 * kMaxParts; ++i) body += "--a\n\nx\n";
  const Part part = parse_message(mixed(body));
  EXPECT_EQ(count(part), kMaxParts);
  EXPECT_EQ(part.body_size, body.size());
}

// 100 boundaries open, and nothing but lines that look like one: a parser
// that tries each of them, or that begins anew for each part, takes minutes.
TEST(PartTest, IsLinearWhateverTheBoundaries) {
  std::string text;
  for (int i = 0; i < 99; ++i) {
    const std::string name = std::string(60, 'x') + std::to_string(i);
    text += "Content-Type: multipart/mixed; boundary=" + name + "\n\n--" +
            name + "\n";
  }
  text += "\n";
  const std::string line = "--" + std::string(60, 'x') + "y\n";
  while (text.size() < 8 << 20) text += line;
  const Micros start = steady_time();
  EXPECT_EQ(depth(parse_message(text)), kMaxDepth);
  EXPECT_LT(steady_time() - start, 10 * kSecond);
}

TEST(PartTest, TellsHowFarItHasComeAlsoWithinALine) {
  std::string message = "Subject: long\r\n\r\n" + std::string(5 << 20, 'x');
  message += "\r\nend\r\n";
  std::vector<std::size_t> told;
  const Part part = parse_message(
      message, [&](std::size_t offset) { told.push_back(offset); });
  EXPECT_EQ(part.lines, 2u);
  EXPECT_EQ(part.size(), message.size());
  ASSERT_GE(told.size(), 10u);
  EXPECT_TRUE(std::ranges::is_sorted(told));
}

}  // namespace
}  // namespace mail::mime
