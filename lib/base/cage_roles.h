// What each role of Staunch may do; the one list of it.
//
// `data` is the data folder (settings.data), laid out as ARCHITECTURE says.
// Databases that a role writes without owning their folder (credentials.db,
// queue.db) must be open before the cage closes: their -wal and -shm files
// are named one by one.
#pragma once

#include <string>

#include "base/cage.h"

namespace mail {

// Makes files in spool/in, reads directory.db and spam/; network.
Rights smtpd_rights(const std::string& data);

// Links from the spool into accounts/; no sockets are made.
Rights delivery_rights(const std::string& data);

// Owns the spool and queue.db; local sockets only.
Rights scheduler_rights(const std::string& data);

// Network, no files.
Rights sender_rights();

// accounts/; local sockets only.
Rights imapd_rights(const std::string& data);

// credentials.db; local sockets only.
Rights authd_rights(const std::string& data);

}  // namespace mail
