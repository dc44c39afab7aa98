// What an account is made of on the disk: making what is not there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/accounts.h"

namespace mail::store {

// The folder, msg, and the files that the account needs beside mail.db (locks;
// modseq, still 0); what is there stays as it is.
void make_files(const std::string& folder);

// Their names, and the folder's, are on the disk once this returns.
void sync_names(const std::string& folder);

// What an account is nothing without, and is not there.
std::vector<std::string> missing_files(const std::string& folder);

// A new mail.db with the system mailboxes, whole in one transaction; nothing
// happens when there is one.
void make_database(const std::string& folder, std::uint64_t id,
                   const UidValiditySource& next_uidvalidity);

}  // namespace mail::store
