// The first part of a report: what happened, to whom, why, and what to do, in
// plain words.
#pragma once

#include <string>

#include "deliver/bounce.h"
#include "deliver/bounce_original.h"

namespace mail::deliver {

std::string bounce_text(const BounceRequest& request, const Original& original,
                        const Returned& content);

// The subject, decoded.  Its tag in brackets is none of the base subject (RFC
// 5256 2.1), so that the report stays in its thread.
std::string bounce_subject(const BounceRequest& request,
                           const Original& original);

}  // namespace mail::deliver
