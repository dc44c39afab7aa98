#include "imap/capability.h"

#include "imap/commands.h"

namespace mail::imap {

std::string_view capabilities() {
  // One a line, sorted: several hands add to it.
  return "IMAP4rev1 "
         "CHILDREN "
         "CONDSTORE "
         "ENABLE "
         "ID "
         "IDLE "
         "LITERAL+ "
         "MOVE "
         "NAMESPACE "
         "SASL-IR "
         "SPECIAL-USE "
         "UIDPLUS "
         "UNSELECT";
}

std::string capabilities(const LoginOffer& offer) {
  std::string out(capabilities());
  if (offer.starttls) out += " STARTTLS";
  if (!offer.login) out += " LOGINDISABLED";
  for (const std::string& name : offer.mechanisms) out += " AUTH=" + name;
  return out;
}

Reply capability(Work& work, Reader& args) {
  if (!args.finish()) return bad(args.why());
  work.out.add("* CAPABILITY ").add(capabilities()).end_line();
  return ok("done");
}

}  // namespace mail::imap
