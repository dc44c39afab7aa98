// The loads of the IMAP load generator; each prints one line.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/imap_client.h"

namespace mail::bench {

// What all of them need to know.
struct ImapTarget {
  ImapPeer peer;
  std::string user = "u%d@bench.test";
  std::string password = "pw";
  int users = 10;
  int clients = 20;
  int seconds = 10;
  int bytes = 4096;
  int messages = 0;
  int server = 0;  // process whose time is told
  std::string mailbox = "INBOX";

  std::string login(int number) const;
};

// A client that has logged in.
std::unique_ptr<ImapClient> logged_in(PollLoop& loop, const ImapTarget& target,
                                      int number);

// Puts `messages` into a mailbox of each user.
void fill(const ImapTarget& target);
// The same in an account of Staunch, whose number is in `users`, by the store.
void plant(const ImapTarget& target, const std::string& folder);
// Visits of a random mix of commands: commands a second.
void mixed(const ImapTarget& target);
// APPEND alone: messages a second.
void appends(const ImapTarget& target);
// Connect, AUTHENTICATE PLAIN, LOGOUT: logins a second.
void logins(const ImapTarget& target);
// Each of the commands alone, behind SELECT unless it begins with '!':
// milliseconds; once more for each further round.
void timed(const ImapTarget& target, const std::vector<std::string>& commands,
           int rounds);
// SELECT (QRESYNC ...) by a client that was away for fifty changes.
void resync(const ImapTarget& target, int rounds);
// Idle sessions, and how soon they show a change of another session.
void push(const ImapTarget& target);
// Idle sessions that are left alone: what they cost.
void hold(const ImapTarget& target);

}  // namespace mail::bench
