// Settings: what an administrator can choose, one struct member each.
//
// config/table.cc declares every one of them once (name, type, default,
// limits, one sentence); from there come the parser, `mailctl config` and
// mail.toml(5).  The defaults serve a small site with `hostname` alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mail::config {

// A socket to bind: "smtp=127.0.0.1:10025", "lmtp=/run/staunch/lmtp".  Empty
// list: the sockets come from the service manager (LISTEN_FDS).
struct Listen {
  std::string name;     // smtp submission submissions lmtp imap imaps ...
  std::string address;  // IP address, or the path of an AF_UNIX socket
  std::uint16_t port = 0;
};

struct Settings {
  std::string hostname;
  std::string data = "/var/lib/staunch";  // databases, spool, accounts
  std::string run;                        // sockets; empty: data + "/run"
  std::vector<Listen> listen;

  std::string tls_certificate;            // PEM, chain included
  std::string tls_key;                    // PEM
  std::vector<std::string> tls_more;      // "cert.pem key.pem": chosen by SNI

  std::int64_t workers = 0;               // processes a daemon; 0: as it wants
  std::int64_t threads = 64;              // at most, a worker
  std::int64_t connections = 10'000;      // in all, a daemon
  std::int64_t connections_per_address = 100;
  std::int64_t connections_per_account = 20;
  // "127.0.0.1=5000": other limits for some addresses.
  std::vector<std::string> connections_for;

  std::int64_t smtp_message_size = 100 << 20;   // octets
  std::int64_t smtp_timeout = 300;              // seconds of silence
  std::int64_t smtp_recipients = 1000;          // a message
  std::int64_t smtp_hops = 100;                 // Received fields
  std::vector<std::string> smtp_relay_networks; // "10.0.0.0/8"
  std::int64_t imap_timeout = 1860;             // RFC 3501 5.4: 30 min
  std::int64_t imap_message_size = 100 << 20;   // APPEND

  bool auth_on_loopback = false;          // AUTH without TLS from loopback
  bool auth_scram_sha1 = false;
  std::int64_t auth_remember = 600;       // seconds a success is remembered

  std::string subaddress_separator = "+";
  std::int64_t quota = 0;                 // octets an account; 0: none
  std::int64_t minimum_free = 64 << 20;   // octets; or 2 %: mail is refused

  std::int64_t queue_expire = 432'000;            // seconds; bounce then
  std::int64_t queue_expire_null_sender = 86'400;
  std::int64_t queue_delay_notice = 14'400;       // 0: none

  std::int64_t queue_retry = 300;         // seconds to the second attempt

  std::string relayhost;                  // config/next_hop.h
  std::vector<std::string> routes;        // "example.org [mail.example.net]"
  std::string relay_passwords;            // a file: LOGIN USER PASSWORD
  std::int64_t relay_connections = 500;   // to other servers, in all
  std::int64_t relay_site_connections = 20;  // to one site, at most
  std::int64_t relay_site_start = 5;         // to one site, at first
  std::int64_t senders = 2;               // processes
  std::int64_t relay_timeout = 300;       // RFC 5321 4.5.3.2: 5 minutes
  std::string relay_source_ipv4;          // empty: as the kernel chooses
  std::string relay_source_ipv6;
  std::string tls_authorities = "/etc/ssl/certs/ca-certificates.crt";

  std::vector<std::string> dns_servers;   // empty: from the root servers on
  std::string dns_records;                // a file of local records
  bool dns_local_only = false;            // never ask the network

  // Folders and files that follow from the above.
  std::string run_folder() const;         // run, or data + "/run"
  std::string spool() const;              // data + "/spool"
  std::string directory_db() const;
  std::string credentials_db() const;
  std::string queue_db() const;
  std::string accounts() const;
  std::string authd_socket() const;       // run_folder() + "/authd"
  std::string authd_control() const;      // run_folder() + "/authd-control"
  std::string scheduler_socket() const;   // run_folder() + "/scheduler"
  std::string queue_control() const;      // run_folder() + "/queue-control"
};

}  // namespace mail::config
