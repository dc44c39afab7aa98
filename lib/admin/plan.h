// Plan: what a private instance is to be, and the files that say so.
//
// Everything on 127.0.0.1; the ports are a base and the protocol's own.
#pragma once

#include <string>

namespace mail::admin {

struct Plan {
  std::string folder;
  std::string domain;
  int ports = 10'000;
};

// "mail.example.test": the name the instance gives itself.
std::string host_of(const Plan& plan);

// The text of the instance's mail.toml.
std::string settings_text(const Plan& plan);

// The records its resolver answers from (dns/local_records.h).
std::string records_text(const Plan& plan);

}  // namespace mail::admin
