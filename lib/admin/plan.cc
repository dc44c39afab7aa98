#include "admin/plan.h"

#include "config/table.h"

namespace mail::admin {
namespace {

struct Port {
  const char* name;
  int above_base;
};

// Listed here once their program exists: http 80, https 443, pop3 110, pop3s
// 995 and managesieve 190 have their places in the scheme.
constexpr Port kPorts[] = {{"lmtp", 24},        {"smtp", 25},
                           {"submission", 587}, {"submissions", 465},
                           {"imap", 143},       {"imaps", 993}};

}  // namespace

std::string host_of(const Plan& plan) { return "mail." + plan.domain; }

std::string settings_text(const Plan& plan) {
  std::string text =
      "# A private instance of Staunch, for the user who owns this folder.\n"
      "# mail.toml(5) and \"mailctl config describe\" say what may stand "
      "here.\n\n"
      "hostname = " + config::toml_string(host_of(plan)) + "\n"
      "data = \".\"\n\n"
      "listen = [\n";
  for (const Port& port : kPorts) {
    text += "  \"" + std::string(port.name) + "=127.0.0.1:" +
            std::to_string(plan.ports + port.above_base) + "\",\n";
  }
  return text +
         "]\n\n"
         "# Signed by itself: programs must be told to trust it.\n"
         "tls_certificate = \"tls/cert.pem\"\n"
         "tls_key = \"tls/key.pem\"\n\n"
         "# All clients come from this machine.\n"
         "connections_for = [\"127.0.0.1=5000\"]\n"
         "auth_on_loopback = true\n\n"
         "# Names are looked up in this file alone; with dns_local_only = "
         "false, in the\n# DNS as well.\n"
         "dns_records = \"dns-records\"\n"
         "dns_local_only = true\n";
}

std::string records_text(const Plan& plan) {
  const std::string host = host_of(plan);
  return "; The DNS as this instance sees it: NAME TYPE DATA.\n" +
         plan.domain + "  MX  10 " + host + "\n" + host + "  A  127.0.0.1\n" +
         "1.0.0.127.in-addr.arpa  PTR  localhost\n"
         "localhost  A  127.0.0.1\n";
}

}  // namespace mail::admin
