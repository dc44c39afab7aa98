#include "imap/special_use.h"

#include <algorithm>

#include "base/ascii.h"

namespace mail::imap {
namespace {

constexpr struct Use {
  store::Role role;
  std::string_view attribute;
} kUses[] = {
    {store::Role::Drafts, "\\Drafts"},   {store::Role::Sent, "\\Sent"},
    {store::Role::Junk, "\\Junk"},       {store::Role::Trash, "\\Trash"},
    {store::Role::Archive, "\\Archive"},
};

}  // namespace

std::string_view use_attribute(store::Role role) {
  const auto* use = std::ranges::find(kUses, role, &Use::role);
  return use == std::end(kUses) ? std::string_view() : use->attribute;
}

std::optional<store::Role> parse_use(std::string_view attribute) {
  const auto* use = std::ranges::find_if(kUses, [&](const Use& known) {
    return same_text(known.attribute, attribute);
  });
  if (use == std::end(kUses)) return {};
  return use->role;
}

}  // namespace mail::imap
