#include "mime/bodies.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace mail::mime {
namespace {

using List = std::vector<const Part*>;

bool is_inline_media(const Part& part) {
  return part.type == "image" || part.type == "audio" || part.type == "video";
}

bool has_name(const Part& part) {
  const auto named = [](const Parameters& parameters, std::string_view name) {
    return std::ranges::any_of(parameters, [&](const Parameter& p) {
      return p.name == name ||
             (p.name.size() == name.size() + 1 && p.name.starts_with(name) &&
              p.name.ends_with('*'));
    });
  };
  return named(part.disposition_parameters, "filename") ||
         named(part.parameters, "name");
}

// Whether the part belongs to the body rather than to the attachments.
bool is_inline(const Part& part, std::string_view parent, bool first) {
  if (part.disposition == "attachment") return false;
  const bool media = is_inline_media(part);
  if (!media && !part.is("text", "plain") && !part.is("text", "html")) {
    return false;
  }
  return first || (parent != "related" && (media || !has_name(part)));
}

void append(List& to, const List& from, std::size_t start) {
  to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(start),
            from.end());
}

// Where a walk over one multipart's children puts what it finds; null once
// the alternative was decided (textBody and htmlBody of RFC 8621 4.1.4).
struct Targets {
  List* text;
  List* html;
  List* attachments;
  bool in_alternative;
};

void add_inline(const Part& part, std::string_view parent, Targets& to) {
  if (parent == "alternative") {
    List* chosen = part.is("text", "plain")  ? to.text
                   : part.is("text", "html") ? to.html
                                             : to.attachments;
    if (chosen != nullptr) chosen->push_back(&part);
    return;
  }
  if (to.in_alternative) {
    if (part.is("text", "plain")) to.html = nullptr;
    if (part.is("text", "html")) to.text = nullptr;
  }
  if (to.text != nullptr) to.text->push_back(&part);
  if (to.html != nullptr) to.html->push_back(&part);
  const bool one_missing = to.text == nullptr || to.html == nullptr;
  if (one_missing && is_inline_media(part)) to.attachments->push_back(&part);
}

// At most kMaxDepth calls deep.
void walk(std::span<const Part> parts, std::string_view parent, Targets to) {
  List* const text = to.text;
  List* const html = to.html;
  const std::size_t texts = text != nullptr ? text->size() : 0;
  const std::size_t htmls = html != nullptr ? html->size() : 0;
  for (const Part& part : parts) {
    if (part.is_multipart()) {
      Targets below = to;
      below.in_alternative |= part.subtype == "alternative";
      walk(part.children, part.subtype, below);
    } else if (is_inline(part, parent, &part == parts.data())) {
      add_inline(part, parent, to);
    } else {
      to.attachments->push_back(&part);
    }
  }
  if (parent != "alternative" || to.text == nullptr || to.html == nullptr) {
    return;
  }
  const bool text_found = text->size() != texts;
  const bool html_found = html->size() != htmls;
  if (!text_found && html_found) append(*text, *html, htmls);
  if (!html_found && text_found) append(*html, *text, texts);
}

}  // namespace

Bodies find_bodies(const Part& message) {
  Bodies bodies;
  walk(std::span(&message, 1), "mixed",
       {&bodies.text, &bodies.html, &bodies.attachments, false});
  return bodies;
}

bool has_attachment(const Bodies& bodies) {
  return std::ranges::any_of(bodies.attachments, [](const Part* part) {
    // A picture with an id and nothing else said is shown by the HTML.
    const bool embedded = part->disposition.empty() && !part->id.empty() &&
                          is_inline_media(*part);
    return part->disposition != "inline" && !embedded;
  });
}

bool has_attachment(const Part& message) {
  return has_attachment(find_bodies(message));
}

}  // namespace mail::mime
