#include "tests/support/sasl_client.h"

#include "base/base64.h"
#include "base/fault.h"

namespace mail {

std::string plain_message(const std::string& name,
                          const std::string& password) {
  return '\0' + name + '\0' + password;
}

ScramClient::ScramClient(Sha kind, std::string name, std::string password,
                         std::string header, std::string bound)
    : kind_(kind), password_(std::move(password)), header_(std::move(header)),
      bound_(std::move(bound)), first_bare_("n=" + name + ",r=fyko+d2lbbFg") {}

std::string ScramClient::last(const std::string& challenge) {
  const auto s = challenge.find(",s="), i = challenge.find(",i=");
  if (s == challenge.npos || i == challenge.npos) throw Fault("no challenge");
  const auto salt = base64_decode(challenge.substr(s + 3, i - s - 3)).value();
  const auto salted =
      pbkdf2(kind_, password_, salt, std::stoi(challenge.substr(i + 3)));
  const std::string bare =
      "c=" + base64_encode(header_ + bound_) + ',' + challenge.substr(0, s);
  const std::string auth = first_bare_ + ',' + challenge + ',' + bare;
  std::string proof = hmac(kind_, salted, "Client Key");
  const auto signature = hmac(kind_, sha(kind_, proof), auth);
  for (std::size_t at = 0; at < proof.size(); ++at) {
    proof[at] = static_cast<char>(proof[at] ^ signature[at]);
  }
  expected_ = "v=" + base64_encode(
                         hmac(kind_, hmac(kind_, salted, "Server Key"), auth));
  return bare + ",p=" + base64_encode(proof);
}

}  // namespace mail
