// Connection's contents of messages: cached rows, bytes, files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/base32.h"
#include "base/fault.h"
#include "base/random.h"
#include "store/connection.h"
#include "store/digest_message.h"
#include "store/part_index.h"
#include "store/queries.h"

namespace mail::store {
namespace {

struct Place {
  std::string file;
  std::int64_t length = 0;
  std::string prefix;
};

std::optional<Place> find_place(db::Database& mail, EmailId email) {
  auto& row = mail.statement(queries::kPlaceOfEmail);
  row.bind(email);
  if (!row.step()) return {};
  Place place{std::string(row.text(0)), row.integer(1),
              std::string(row.blob(2))};
  row.reset();
  return place;
}

// Nothing when the file is gone for good.
Fd open_message(const std::string& folder, const std::string& file) {
  const std::string path = folder + "/msg/" + file;
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno != ENOENT) throw_errno("open " + path);
  return fd;
}

// The header where not all of it is kept.
std::string whole_header(const Fd& file, const std::string& prefix,
                         std::string_view parts) {
  const PartIndex index(parts);
  const std::uint64_t size = index.valid() ? index.root().header_size : 0;
  const auto behind = size - std::min<std::uint64_t>(size, prefix.size());
  return prefix + file.read_at(0, behind);
}

}  // namespace

std::optional<Cached> Connection::cached(EmailId email, CachedFields wanted) {
  const auto place = find_place(mail_, email);
  if (!place) return {};
  const std::int64_t tag = cache_tag(place->file, place->prefix);
  auto found = core_.cache.find(email, tag, wanted);
  if (found && !found->header_missing) return std::move(found->cached);
  const Fd file = open_message(core_.folder, place->file);
  if (!file) return {};
  if (found) {
    auto parts = core_.cache.find(email, tag, kParts);
    if (parts) {
      found->cached.header =
          whole_header(file, place->prefix, parts->cached.parts);
      return std::move(found->cached);
    }
  }
  Digested digested = digest_message(file, place->length, place->prefix);
  core_.cache.write_soon({email, tag, digested.cached});
  if (wanted & kHeader) {
    digested.cached.header =
        whole_header(file, place->prefix, digested.cached.parts);
  }
  return std::move(digested.cached);
}

std::optional<Content> Connection::content(EmailId email) {
  auto place = find_place(mail_, email);
  if (!place) return {};
  Fd file = open_message(core_.folder, place->file);
  if (!file) return {};
  return Content{std::move(file), std::move(place->prefix), place->length};
}

Fd Connection::message_folder(std::string_view name) {
  return new_files_.folder_of(name);
}

MessageDraft Connection::create_message_file() { return new_files_.take(); }

}  // namespace mail::store
