#include "store/envelope_text.h"

#include "base/ascii.h"
#include "mime/address_list.h"
#include "store/imap_text.h"

namespace mail::store {
namespace {

// RFC 3501 7.4.2: NIL in the host says "group"; an address without a domain
// has an empty one instead.
void put_address(std::string& out, const mime::Listed& listed) {
  using Kind = mime::Listed::Kind;
  if (listed.kind == Kind::GroupEnd) {
    out += "(NIL NIL NIL NIL)";
    return;
  }
  if (listed.kind == Kind::GroupStart) {
    out += "(NIL NIL ";
    put_string(out, listed.name);
    out += " NIL)";
    return;
  }
  out += '(';
  put_nstring(out, listed.name);
  out += ' ';
  put_nstring(out, listed.route);
  out += ' ';
  put_string(out, listed.local);
  out += ' ';
  put_string(out, listed.domain);
  out += ')';
}

// Nothing when there is no address.
std::string addresses_of(std::string_view value) {
  std::string out;
  for (const auto& listed : mime::parse_address_list(value)) {
    put_address(out, listed);
  }
  return out;
}

std::string address_list(const mime::Header& header, std::string_view name) {
  return addresses_of(header.value(name));
}

// Of all fields of this name: there should be one (RFC 5322 3.6), but who
// answers all of them must not lose those of a second.
std::string addresses_of_all(const mime::Header& header,
                             std::string_view name) {
  std::string out;
  for (const mime::Field& field : header.fields()) {
    if (!same_text(field.name, name)) continue;
    out += addresses_of(trim(field.value));
    if (out.size() > mime::kMaxValue) break;
  }
  return out;
}

void put_addresses(std::string& out, const std::string& addresses) {
  out += addresses.empty() ? "NIL" : "(" + addresses + ")";
}

// A field that is there and empty is "", one that is missing is NIL.
void put_field(std::string& out, const mime::Header& header,
               std::string_view name) {
  const auto* field = header.find(name);
  if (field == nullptr) {
    out += "NIL";
  } else {
    put_string(out, mime::unfold(field->value.substr(0, mime::kMaxValue)));
  }
}

}  // namespace

std::string envelope_text(const mime::Header& header) {
  const std::string from = address_list(header, "From");
  // RFC 3501 7.4.2: Sender and Reply-To default to From.
  const std::string sender = address_list(header, "Sender");
  const std::string reply_to = address_list(header, "Reply-To");
  std::string out = "(";
  put_field(out, header, "Date");
  out += ' ';
  put_field(out, header, "Subject");
  out += ' ';
  put_addresses(out, from);
  out += ' ';
  put_addresses(out, sender.empty() ? from : sender);
  out += ' ';
  put_addresses(out, reply_to.empty() ? from : reply_to);
  for (const char* name : {"To", "Cc", "Bcc"}) {
    out += ' ';
    put_addresses(out, addresses_of_all(header, name));
  }
  out += ' ';
  put_field(out, header, "In-Reply-To");
  out += ' ';
  put_field(out, header, "Message-ID");
  return out += ')';
}

}  // namespace mail::store
