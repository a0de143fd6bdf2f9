/// What the system says of a worker's disk, as an error for people.
#pragma once

#include <stellwerk/result.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace stellwerk::identity {

/// "<what>: <what `error` means>"; no_space or failed.
inline Error system_error(const std::string& what, int error) {
  return make_error(error == ENOSPC || error == EDQUOT ? Errc::no_space : Errc::failed,
                    what + ": " + std::strerror(error));
}

}  // namespace stellwerk::identity
