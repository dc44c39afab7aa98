// The Content-* fields of a part (RFC 2045, 2183, 3282 and others).
#pragma once

#include <optional>
#include <string_view>

#include "mime/part.h"

namespace mail::mime {

// The field's number when it is one that a Part holds, 0 and up to 31.
std::optional<unsigned> content_field(std::string_view name);

// Sets what the field says; what cannot be read is as if it were missing.
void set_content_field(Part& part, unsigned field, std::string_view value);

}  // namespace mail::mime
