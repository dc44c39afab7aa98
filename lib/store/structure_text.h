// BODY and BODYSTRUCTURE as IMAP sends them (RFC 3501 7.4.2).
#pragma once

#include <string>
#include <string_view>

#include "mime/part.h"

namespace mail::store {

enum class Structure {
  Basic,       // BODY: without extension data
  Extensible,  // BODYSTRUCTURE
};

// `message`: what the offsets of `part` count in.
std::string structure_text(std::string_view message, const mime::Part& part,
                           Structure form);

}  // namespace mail::store
