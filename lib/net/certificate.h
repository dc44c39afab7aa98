// A certificate signed by itself: what a new instance starts with.
#pragma once

#include <string>
#include <vector>

namespace mail::net {

struct CertificateText {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS #8; for a file of mode 0600
};

// ECDSA on P-256, valid from an hour ago for `days`; the first name is the
// subject, all of them (host names or IP addresses) are alternative names.
CertificateText make_certificate(const std::vector<std::string>& names,
                                 int days = 3650);

}  // namespace mail::net
