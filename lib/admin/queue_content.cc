// mailctl queue headers, body: what a message in the spool says.

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "admin/queue.h"
#include "base/fault.h"
#include "base/process.h"
#include "spool/shelves.h"
#include "spool/spool.h"

namespace mail::admin {
namespace {

constexpr std::int64_t kPiece = 64 << 10;

spool::Item find(const std::string& spool_folder, const std::string& id) {
  if (!spool::is_id(id)) throw Exit(EX_DATAERR, id + " is no message's id");
  const spool::Shelves shelves(spool_folder);
  // From where it may be moved to where it goes, so that none is missed.
  for (const auto shelf :
       {spool::Shelf::In, spool::Shelf::Deferred, spool::Shelf::Hold,
        spool::Shelf::Deferred}) {
    auto item = shelves.open(shelf, id);
    if (item) return std::move(*item);
  }
  throw Exit(EX_DATAERR, "no such message in the queue");
}

// Where the body begins, behind the empty line.
std::int64_t body_start(const spool::Item& item) {
  const std::int64_t end = item.footer.message_length;
  std::string tail;
  for (std::int64_t at = 0; at < end; at += kPiece) {
    const auto size = static_cast<std::size_t>(std::min(kPiece, end - at));
    const std::string piece = tail + item.file.read_at(at, size);
    if (at == 0 && item.envelope.prefix.empty() && piece.starts_with("\r\n")) {
      return 2;
    }
    const auto found = piece.find("\r\n\r\n");
    if (found != piece.npos) {
      return at - static_cast<std::int64_t>(tail.size()) +
             static_cast<std::int64_t>(found) + 4;
    }
    tail = piece.substr(piece.size() - std::min<std::size_t>(piece.size(), 3));
  }
  return end;
}

// As it is; for a terminal without what could do something to it.
void print(std::string_view bytes) {
  static const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string shown;
  if (terminal) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto end = std::min(bytes.find('\n', at), bytes.size() - 1);
      auto line = bytes.substr(at, end - at + 1);
      at = end + 1;
      const bool whole = line.ends_with('\n');
      if (whole) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
      shown += printable(line) + (whole ? "\n" : "");
    }
    bytes = shown;
  }
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw_errno("standard output");
  }
}

}  // namespace

int QueueCommands::print_part(Part part) {
  const spool::Item item = find(context_.settings().spool(), id_);
  const std::int64_t body = body_start(item);
  const bool headers = part == Part::Headers;
  const std::int64_t begin = headers ? 0 : body;
  const std::int64_t end = headers ? body : item.footer.message_length;
  std::string json;
  const bool as_json = context_.output().format() == Format::Json;
  const auto put = [&](const std::string& bytes) {
    as_json ? void(json += bytes) : print(bytes);
  };
  if (headers) put(item.envelope.prefix);
  for (std::int64_t at = begin; at < end; at += kPiece) {
    put(item.file.read_at(
        at, static_cast<std::size_t>(std::min(kPiece, end - at))));
  }
  if (as_json) {
    context_.output().one({{"id", id_}, {headers ? "headers" : "body", json}});
  }
  return 0;
}

}  // namespace mail::admin
