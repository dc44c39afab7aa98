// A report on any message, with any addresses and any words of a remote
// server, is a report: its fields are ours alone, its lines are lines, its
// labels tell the truth.
//
// The input: two bytes of choices, then texts separated by 0x1e; the last is
// the message.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "base/fault.h"
#include "deliver/bounce.h"
#include "mime/header.h"
#include "mime/part.h"

namespace {

using namespace mail;
using Names = std::set<std::string, std::less<>>;

const Names kTop = {"Date",        "From",           "To",
                    "Subject",     "Message-ID",     "In-Reply-To",
                    "References",  "Auto-Submitted", "MIME-Version",
                    "Content-Type", "Content-Transfer-Encoding"};
const Names kFacts = {"Reporting-MTA",     "Original-Envelope-Id",
                      "Arrival-Date",      "Original-Recipient",
                      "Final-Recipient",   "Action",
                      "Status",            "Remote-MTA",
                      "Diagnostic-Code",   "Last-Attempt-Date",
                      "Final-Log-ID",      "Will-Retry-Until"};

void check_fields(const mime::Header& header, const Names& known) {
  Names seen;
  for (const auto& field : header.fields()) {
    require(known.contains(field.name), "a field of somebody else");
    require(seen.emplace(field.name).second, "a field twice");
  }
}

void check_lines(std::string_view text) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    require(text[i] != '\0', "a NUL byte");
    const bool ends = text[i] == '\r';
    require(ends == (text.substr(i + 1, 1) == "\n"), "a bare CR or LF");
    require(++column <= 999, "a line is too long");
    if (!ends) continue;
    column = 0;
    ++i;
  }
  require(column == 0, "a line without end");
}

void check_label(std::string_view header, std::string_view body) {
  const bool seven = header.find("Encoding: 7bit\r\n") != header.npos;
  require(seven == is_ascii(body), "a wrong label");
}

void check_facts(std::string_view text, std::size_t recipients) {
  std::size_t blocks = 0;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n");
    const std::string_view block = text.substr(0, end);
    text = end == text.npos ? "" : text.substr(end + 4);
    const mime::Header header(block);
    require(header.size() == block.size(), "a line that is no field");
    check_fields(header, kFacts);
    require((header.find("Final-Recipient") != nullptr) == (blocks > 0),
            "a block that is none");
    ++blocks;
  }
  require(blocks == recipients + 1, "a recipient more or less");
}

void check(const deliver::Bounce& bounce, std::size_t recipients) {
  const std::string& text = bounce.text;
  check_lines(text);
  const mime::Header top(text);
  check_fields(top, kTop);
  const auto tree = mime::parse_message(text);
  require(tree.children.size() == 3, "not three parts");
  check_label(std::string_view(text).substr(0, top.size()),
              std::string_view(text).substr(top.size()));
  for (const auto& part : tree.children) {
    check_label(mime::header_of(text, part), mime::body_of(text, part));
  }
  check_facts(mime::body_of(text, tree.children[1]), recipients);
  require(bounce.envelope.sender.empty(), "a report from somebody");
  require(bounce.envelope.has_8bit == !is_ascii(text), "a wrong fact");
}

std::string take(std::string_view& rest) {
  const std::size_t end = rest.find('\x1e');
  const std::string text(rest.substr(0, end));
  rest = end == rest.npos ? "" : rest.substr(end + 1);
  return text;
}

spool::Item item_of(unsigned char choices, std::string_view& rest) {
  spool::Item item;
  item.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  item.envelope.smtputf8 = choices & 1;
  item.envelope.account = choices & 2;
  if (choices & 4) item.envelope.ret = choices & 8 ? "FULL" : "HDRS";
  item.envelope.sender = take(rest);
  item.envelope.envid = take(rest);
  item.envelope.prefix = take(rest);
  item.envelope.recipients = {{take(rest), "", ""}};
  return item;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  spool::Item item = item_of(data[0], rest);
  deliver::BounceRequest request;
  request.hostname = "mx.example.test";
  request.report_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  request.until = data[1] & 64 ? 0 : 1;
  for (int i = 0; i <= (data[1] >> 3 & 3); ++i) {
    deliver::BounceRecipient r;
    r.action = static_cast<deliver::Action>((data[1] + i) % 5);
    r.original = item.envelope.recipients[0].address;
    r.address = take(rest);
    r.orcpt = take(rest);
    r.status = take(rest);
    r.text = take(rest);
    r.remote = take(rest);
    r.reply = data[1] & 32 ? 550 : 0;
    r.attempts = i;
    request.recipients.push_back(std::move(r));
  }
  item.file = Fd(::memfd_create("message", 0));
  item.file.write(rest);
  item.footer.message_length = static_cast<std::int64_t>(rest.size());
  check(deliver::make_bounce(request, item), request.recipients.size());
  return 0;
}
