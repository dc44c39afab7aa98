#include "store/structure_text.h"

#include "base/ascii.h"
#include "mime/header.h"
#include "store/envelope_text.h"
#include "store/imap_text.h"

namespace mail::store {
namespace {

// body-fld-param: "(" string SP string ... ")" or NIL.
void put_parameters(std::string& out, const mime::Parameters& parameters) {
  if (parameters.empty()) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const auto& parameter : parameters) {
    if (out.back() != '(') out += ' ';
    put_string(out, parameter.name);
    out += ' ';
    put_string(out, parameter.value);
  }
  out += ')';
}

// body-fld-dsp, body-fld-lang, body-fld-loc: the end of both kinds.
void put_extension(std::string& out, const mime::Part& part) {
  out += ' ';
  if (part.disposition.empty()) {
    out += "NIL";
  } else {
    out += '(';
    put_string(out, part.disposition);
    out += ' ';
    put_parameters(out, part.disposition_parameters);
    out += ')';
  }
  out += ' ';
  if (part.language.empty()) {
    out += "NIL";
  } else {
    out += '(';
    for (const auto& tag : part.language) {
      if (out.back() != '(') out += ' ';
      put_string(out, tag);
    }
    out += ')';
  }
  out += ' ';
  put_nstring(out, part.location);
}

class Writer {
 public:
  Writer(std::string_view message, Structure form)
      : message_(message), form_(form) {}

  void put(const mime::Part& part) {
    out_ += '(';
    if (part.is_multipart()) {
      put_multipart(part);
    } else {
      put_single(part);
    }
    out_ += ')';
  }

  std::string take() { return std::move(out_); }

 private:
  void put_multipart(const mime::Part& part) {
    for (const auto& child : part.children) put(child);
    out_ += ' ';
    put_string(out_, part.subtype);
    if (form_ == Structure::Basic) return;
    out_ += ' ';
    put_parameters(out_, part.parameters);
    put_extension(out_, part);
  }

  void put_single(const mime::Part& part) {
    put_string(out_, part.type);
    out_ += ' ';
    put_string(out_, part.subtype);
    out_ += ' ';
    put_parameters(out_, part.parameters);
    out_ += ' ';
    put_nstring(out_, part.id);
    out_ += ' ';
    put_nstring(out_, part.description);
    out_ += ' ';
    put_string(out_, part.encoding);
    out_ += ' ' + std::to_string(part.body_size);
    // RFC 3501 9: body-type-msg is that of message/rfc822 alone.
    const bool is_message = part.is("message", "rfc822");
    if (is_message) put_inside(part.children.front());
    if (is_message || part.type == "text") {
      out_ += ' ' + std::to_string(part.lines);
    }
    if (form_ == Structure::Basic) return;
    out_ += ' ';
    put_nstring(out_, part.md5);
    put_extension(out_, part);
  }

  // body-type-msg: the envelope and the structure of the message inside.
  void put_inside(const mime::Part& message) {
    const mime::Header header(mime::header_of(message_, message));
    out_ += ' ' + envelope_text(header) + ' ';
    put(message);
  }

  std::string_view message_;
  Structure form_;
  std::string out_;
};

}  // namespace

std::string structure_text(std::string_view message, const mime::Part& part,
                           Structure form) {
  Writer writer(message, form);
  writer.put(part);
  return writer.take();
}

}  // namespace mail::store
