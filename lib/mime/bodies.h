// Bodies: which parts of a message are its text, which are attachments.
//
// The algorithm of RFC 8621 section 4.1.4, so that JMAP, the preview and the
// sign for attachments never disagree.
#pragma once

#include <vector>

#include "mime/part.h"

namespace mail::mime {

// Pointers into the tree they came from.
struct Bodies {
  std::vector<const Part*> text;  // what to show, plain text preferred
  std::vector<const Part*> html;  // what to show, HTML preferred
  std::vector<const Part*> attachments;
};

Bodies find_bodies(const Part& message);

// Whether there is something a client should offer as a download: an
// attachment that is not meant to be shown inline.
bool has_attachment(const Part& message);
bool has_attachment(const Bodies& bodies);

}  // namespace mail::mime
