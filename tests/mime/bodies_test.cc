// Bodies, previews and HTML as text.
#include "mime/bodies.h"

#include <gtest/gtest.h>

#include "mime/html_text.h"
#include "mime/preview.h"

namespace mail::mime {
namespace {

// A multipart whose parts are given as "header fields\n\nbody".
std::string multipart(std::string_view subtype, std::string_view boundary,
                      const std::vector<std::string>& parts) {
  std::string out = "Content-Type: multipart/" + std::string(subtype) +
                    "; boundary=" + std::string(boundary) + "\n\n";
  for (const std::string& part : parts) {
    out += "--" + std::string(boundary) + "\n" + part + "\n";
  }
  return out + "--" + std::string(boundary) + "--\n";
}

constexpr auto kPlain = "Content-Type: text/plain\n\nplain";
constexpr auto kHtml = "Content-Type: text/html\n\n<b>html</b>";
constexpr auto kImage = "Content-Type: image/png\nContent-ID: <x@y>\n\nimage";
constexpr auto kPdf =
    "Content-Type: application/pdf\nContent-Disposition: attachment\n\npdf";

std::string names(const std::vector<const Part*>& parts) {
  std::string out;
  for (const Part* part : parts) out += part->subtype + " ";
  return out;
}

TEST(BodiesTest, FollowsRfc8621) {
  const std::string alternative =
      multipart("alternative", "alt", {kPlain, kHtml});
  const std::string related = multipart("related", "rel", {kHtml, kImage});
  const struct {
    std::string message;
    std::string_view text;
    std::string_view html;
    std::string_view attachments;
    bool download;
  } kCases[] = {
      {kPlain, "plain ", "plain ", "", false},
      {alternative, "plain ", "html ", "", false},
      {multipart("mixed", "m", {alternative, kPdf}), "plain ", "html ", "pdf ",
       true},
      {multipart("alternative", "alt", {kPlain, related}), "plain ", "html ",
       "png ", false},
      {multipart("alternative", "alt", {kHtml}), "html ", "html ", "", false},
      {multipart("mixed", "m", {kPlain, kImage}), "plain png ", "plain png ",
       "", false},
      {multipart("mixed", "m",
                 {kPlain, "Content-Type: text/plain; name=x\n\nx"}),
       "plain ", "plain ", "plain ", true},
      {kPdf, "", "", "pdf ", true},
      {"Content-Type: message/rfc822\n\nA: b\n\nx", "", "", "rfc822 ", true},
  };
  for (const auto& c : kCases) {
    const Part root = parse_message(c.message);
    const Bodies bodies = find_bodies(root);
    EXPECT_EQ(names(bodies.text), c.text) << c.message;
    EXPECT_EQ(names(bodies.html), c.html) << c.message;
    EXPECT_EQ(names(bodies.attachments), c.attachments) << c.message;
    EXPECT_EQ(has_attachment(root), c.download) << c.message;
  }
}

std::string preview_of(const std::string& message) {
  return preview(message, parse_message(message));
}

TEST(PreviewTest, ShowsTheFirstWords) {
  EXPECT_EQ(preview_of("A: b\n\n  Hello,\r\n\r\n world \n"), "Hello, world");
  EXPECT_EQ(preview_of("A: b\n\n"), "");
  EXPECT_EQ(preview_of(multipart("alternative", "a", {kPlain, kHtml})),
            "plain");
  EXPECT_EQ(preview_of(kHtml), "html");
  EXPECT_EQ(preview_of(kPdf), "");
  EXPECT_EQ(preview_of("Content-Type: text/plain; charset=koi8-r\n"
                       "Content-Transfer-Encoding: base64\n\nz8/P\n"),
            "\xD0\xBE\xD0\xBE\xD0\xBE");
}

TEST(PreviewTest, EndsAfter200Characters) {
  std::string text = "Content-Type: text/plain; charset=utf-8\n\n";
  for (int i = 0; i < 300; ++i) text += "\xC3\xBC";
  EXPECT_EQ(preview_of(text).size(), 2 * kPreviewLength);
}

TEST(HtmlTextTest, TakesTheMarkupAway) {
  const struct {
    std::string_view html;
    std::string_view text;
  } kCases[] = {
      {"", ""},
      {"a <b>b</b> c", "a b c"},
      {"a<br>b<p>c</p>d", "a\nb\nc\nd"},
      {"<p> a \n\n b </p>", "a b"},
      {"<style>x{}</style><SCRIPT>1<2</Script >a", "a"},
      {"<title>t</title><body>a", "a"},
      {"<!-- a > b -->c", "c"},
      {"<!DOCTYPE html><?xml?>a", "a"},
      {"<a title='>' href=\"x>y\">b</a>", "b"},
      {"<a title='>b", "b"},
      {"&amp;&lt;&#233;&#xE9;&eacute;&nbsp;x", "&<\xC3\xA9\xC3\xA9\xC3\xA9 x"},
      // Without ";": the old names, also at the front of a word.
      {"a&ampb &notit; x&nbspy &COPY &lt", "a&b \xC2\xACit; x y \xC2\xA9 <"},
      {"&euro 1 &#8364 ?a&ne=b", "\xE2\x82\xAC 1 \xE2\x82\xAC ?a&ne=b"},
      {"<!-->a<!--->b<!-- x --!>c<!---->d<!-- - -- -->e<!-- f", "abcde"},
      {"AT&T &unknown; &", "AT&T &unknown; &"},
      {"&#0;&#xD800;&#99999999;", "&#0;&#xD800;&#99999999;"},
      {"1 < 2 <3", "1 < 2 <3"},
      {"<td>a</td><td>b</td>", "a b"},
      {"<style>never closed", ""},
      {"<", "<"},
  };
  for (const auto& [html, text] : kCases) {
    EXPECT_EQ(html_to_text(html), text) << html;
  }
}

TEST(HtmlTextTest, IsLinear) {
  for (const std::string_view piece :
       {"<a '", "<!--", "<!-- --", "<script>", "&", "&x", "</", "<a \"x\" '"}) {
    std::string html;
    while (html.size() < 1 << 18) html += piece;
    html_to_text(html);
  }
}

}  // namespace
}  // namespace mail::mime
