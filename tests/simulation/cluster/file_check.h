/// What `stellwerk fsck` says of a simulated cluster's disk and register.
#pragma once

#include <optional>
#include <string>

#include "simulation/cluster/sim_storage.h"

namespace stellwerk::test {

/// Empty if nothing is wrong with the files that `head` (the register's bytes) needs, and the head that
/// is rebuilt from the files alone ends where `head` does; else what is wrong.
std::string check_files(const SimDisk& disk, const std::string& head);

}  // namespace stellwerk::test
