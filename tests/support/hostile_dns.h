// HostileDns: a DNS server that does as the names it is asked for tell it.
//
//   many...      a thousand MX             loop-a, loop-b   alias of each other
//   chain-N...   alias of chain-(N+1)      lies...          answers of others'
//   poison...    a true answer, and more of bank.example.org than was asked
//   twisted...   names that point at themselves      short...   cut off
//   noise...     rubbish                   other-id...      not our question
//   silent...    never a word
//
// All others have the address 192.0.2.1 and are their own MX.  On a thread of
// its own, UDP only.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/fd.h"

namespace mail {

class HostileDns {
 public:
  HostileDns();
  ~HostileDns();
  HostileDns(const HostileDns&) = delete;
  HostileDns& operator=(const HostileDns&) = delete;

  // As a setting has it.
  std::string address() const { return "127.0.0.1@" + std::to_string(port_); }
  int asked() const { return asked_; }

 private:
  void serve();

  Fd socket_;
  std::uint16_t port_ = 0;
  std::atomic<int> asked_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace mail
