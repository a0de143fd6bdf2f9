/// A look at a cluster's register without taking part in the cluster: nothing is made, nobody waits for us.
#pragma once

#include <stellwerk/coordination.h>

#include <chrono>
#include <string>

#include "config/master_options.h"

namespace stellwerk::app {

/// ZooKeeper must have answered by then.
inline constexpr std::chrono::seconds kRegisterReadMax{15};

/// Where the register stands, for people.
std::string register_place(const config::MasterOptions& options);

/// Blocks. Errors: unavailable (the service cannot be reached; the text says what was tried), refused,
/// damaged (type local and NONE: the newest head is not whole).
Result<HeadReading> read_register(const config::MasterOptions& options);

}  // namespace stellwerk::app
