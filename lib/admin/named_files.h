// What is wrong in the files that mail.toml names: certificates and their
// keys, local DNS records, the passwords of relay hosts.
//
// Each daemon looks at those it needs, when it starts and at SIGHUP; here
// they are looked at all together, before any of them is asked to.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace mail::admin {

// Every mistake, with the line of `config` (a file) that names what has it.
std::vector<config::Mistake> mistakes_in_files(
    const config::Settings& settings, const std::string& config);

}  // namespace mail::admin
