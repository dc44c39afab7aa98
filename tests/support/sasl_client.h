// The client's half of SASL mechanisms, for tests that log in.
#pragma once

#include <string>

#include "base/sha.h"

namespace mail {

// "\0name\0password".
std::string plain_message(const std::string& name,
                          const std::string& password);

// SCRAM (RFC 5802): first() goes out, last(challenge) answers, and then
// expected() is what the server has to say.
class ScramClient {
 public:
  // `header`: "n,," or "p=tls-exporter,," with the binding's bytes.
  ScramClient(Sha kind, std::string name, std::string password,
              std::string header = "n,,", std::string bound = "");

  std::string first() const { return header_ + first_bare_; }
  std::string last(const std::string& challenge);
  const std::string& expected() const { return expected_; }

 private:
  Sha kind_;
  std::string password_, header_, bound_, first_bare_, expected_;
};

}  // namespace mail
