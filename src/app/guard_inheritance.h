/// What a guard and its master are given at birth, whichever of the two starts the other.
#pragma once

#include <stellwerk/result.h>
#include <sys/types.h>

#include <string>

namespace stellwerk::app {

/// What a guard guards: how it is started for that, and what it is called.
enum class GuardOf {
  master,  ///< "lockguard"
  worker,  ///< "taskguard"
};

/// Starts the guard of this process. It gets copies of the descriptors and nothing else that is open
/// here: no lock, no listener. Errors: failed.
Result<pid_t> spawn_guard(GuardOf what, const std::string& program, int socket, int self, int log);

/// Whether a guard has started this process, as long as nobody has asked for its socket: then it is our parent.
bool has_inherited_guard();

/// The socket to the guard that started this process; -1: none did. Only once.
int inherited_guard_socket();

/// For a process that is pid 1 of its namespace (a container): starts itself again as a child with the
/// same arguments and becomes that child's guard, which passes signals on, reaps orphans and ends with
/// the child's exit code. Returns only if it fails; then the process goes on as it is, without a guard.
Error become_guard(GuardOf what, const std::string& program, char** arguments);

}  // namespace stellwerk::app
