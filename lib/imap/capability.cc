#include "imap/capability.h"

#include "imap/commands.h"

namespace mail::imap {

std::string capabilities(std::int64_t append_limit) {
  // One a line, sorted: several hands add to it.
  return "IMAP4rev1 "
         "BINARY "
         "CHILDREN "
         "CONDSTORE "
         "CREATE-SPECIAL-USE "
         "ENABLE "
         "ESEARCH "
         "ID "
         "IDLE "
         "LIST-EXTENDED "
         "LIST-STATUS "
         "LITERAL+ "
         "METADATA "
         "MOVE "
         "MULTIAPPEND "
         "NAMESPACE "
         "OBJECTID "
         "PREVIEW "
         "QRESYNC "
         "QUOTA "
         "QUOTA=RES-MESSAGE "
         "QUOTA=RES-STORAGE "
         "REPLACE "
         "SASL-IR "
         "SEARCHRES "
         "SAVEDATE "
         "SORT "
         "SORT=DISPLAY "
         "SPECIAL-USE "
         "STATUS=SIZE "
         "THREAD=ORDEREDSUBJECT "
         "THREAD=REFERENCES "
         "UIDPLUS "
         "UNSELECT "
         "WITHIN "
         "APPENDLIMIT=" +
         std::to_string(append_limit);
}

std::string capabilities(const LoginOffer& offer) {
  std::string out = capabilities(offer.append_limit);
  if (offer.starttls) out += " STARTTLS";
  if (!offer.login) out += " LOGINDISABLED";
  for (const std::string& name : offer.mechanisms) out += " AUTH=" + name;
  return out;
}

Reply capability(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  const bool packed = work.user.compression != User::Compression::None;
  work.out.add("* CAPABILITY ")
      .add(capabilities(work.shared.message_size))
      .add(packed ? "" : " COMPRESS=DEFLATE")
      .end_line();
  return ok("done");
}

}  // namespace mail::imap
