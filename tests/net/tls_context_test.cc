#include "net/tls_context.h"

#include "base/fault.h"
#include "base/file.h"
#include "net/certificate.h"
#include "tests/support/temp_dir.h"

namespace mail::net {
namespace {

// The same key twice, with a pass phrase: PKCS #8, and as `openssl ec` writes
// it.
constexpr char kEncrypted[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAgpgSLwp2Cb1AIBATAM\n"
    "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBAgQQ7slQi7btRVm2ezxALYWSCASBkPrs\n"
    "WjSlRtRE8PdbucOa0WbpawqB+OJenmRNKUQhcJfU9pgPN3jrBNQGqB3OFU7Ljjz6\n"
    "/TbMgbzSw1IqqlH/OmupFHHII4nMDyTe6iuLUmQlQYYS054h8zbqDOD5ZxDkNhAg\n"
    "OHeGRYoFQCf1/HPzPMqYMbvODZR/e9CKYaTwDbaGtV2//Te2jq/yfRDxeG4ohw==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
constexpr char kEncryptedOld[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,56E3291B0BABC89E914CD1EE140BA42E\n"
    "\n"
    "74CwHRwduhUI95um97/4WTCzeHn/Wl/r2d/L4diA4I/C6wSjhJxaTgIvniJpRdtP\n"
    "ItexKCIWo7MUoXIOdlFQeVvT3y9nUTCkASWht8wkI3wS+flW6ZLFPJcJspxhrvw6\n"
    "j7O6viUHS0iZFA91RfdY8T8A37ihj/xeeI+VnJrA+FM=\n"
    "-----END EC PRIVATE KEY-----\n";

// What is said of these two files; nothing when they do.
std::string trouble_with(const std::string& certificate,
                         const std::string& key) {
  const TempDir folder;
  const CertificateFiles files{folder.path() + "/c.pem",
                               folder.path() + "/k.pem"};
  replace_file(files.certificate, certificate, 0600);
  replace_file(files.key, key, 0600);
  try {
    const TlsContext context({files});
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

TEST(TlsContextTest, RefusesAnEncryptedKeyWithoutAskingForItsPassPhrase) {
  const auto pair = make_certificate({"a.example"});
  for (const char* key : {kEncrypted, kEncryptedOld}) {
    const auto why = trouble_with(pair.certificate, key);
    EXPECT_TRUE(why.ends_with(
        "/k.pem is encrypted: nobody is asked for a pass phrase"))
        << why;
  }
}

TEST(TlsContextTest, NamesTheFileThatDoesNotDo) {
  const auto pair = make_certificate({"a.example"});
  const auto other = make_certificate({"b.example"});
  EXPECT_EQ(trouble_with(pair.certificate, pair.key), "");
  EXPECT_NE(trouble_with("", pair.key).find("c.pem"), std::string::npos);
  EXPECT_NE(trouble_with(pair.certificate, "").find("k.pem"),
            std::string::npos);
  EXPECT_NE(trouble_with(pair.certificate, other.key).find("k.pem"),
            std::string::npos);
}

}  // namespace
}  // namespace mail::net
