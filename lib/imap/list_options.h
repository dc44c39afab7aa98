// ListOptions: what a LIST asks for beyond names (RFC 5258, RFC 5819,
// RFC 6154).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imap/reader.h"
#include "imap/status_items.h"

namespace mail::imap {

struct ListOptions {
  // Selection: which names.
  bool subscribed = false;
  bool special_use = false;
  bool recursive = false;  // RECURSIVEMATCH: and the names above them
  // Return: what of each.
  bool tells_subscribed = false;
  std::optional<StatusItems> status;

  // Whether any of this, or several patterns, was written: then an empty
  // pattern means nothing (RFC 5258 section 3).
  bool extended = false;
};

struct ListArguments {
  ListOptions options;
  std::string reference;
  std::vector<std::string> patterns;
};

ListArguments read_list(Reader& args);

}  // namespace mail::imap
