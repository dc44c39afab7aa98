// Queries of cache.db: the hot ones, pinned like those of mail.db.
#pragma once

#include <string_view>

namespace mail::store::queries {

// Every field has its own column: overflow pages of what nobody
// asked for (?2) are not read.
inline constexpr std::string_view kCached =
    "SELECT tag, version, "
    "CASE WHEN ?2 & 1 THEN envelope END, "
    "CASE WHEN ?2 & 2 THEN bodystructure END, "
    "CASE WHEN ?2 & 4 THEN body END, "
    "CASE WHEN ?2 & 16 THEN preview END, "
    "CASE WHEN ?2 & 32 THEN parts END, "
    "CASE WHEN ?2 & 8 THEN header END "
    "FROM cached WHERE email = ?1";
inline constexpr std::string_view kCachedStructure =
    "SELECT tag, version, envelope, bodystructure, NULL, NULL, NULL, NULL "
    "FROM cached WHERE email = ?1";
inline constexpr std::string_view kCachedHeader =
    "SELECT tag, version, NULL, NULL, NULL, NULL, NULL, header "
    "FROM cached WHERE email = ?1";
inline constexpr std::string_view kCachedParts =
    "SELECT tag, version, NULL, NULL, NULL, NULL, parts, NULL "
    "FROM cached WHERE email = ?1";

}  // namespace mail::store::queries
