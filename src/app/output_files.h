/// Files that lines are appended to, opened anew once somebody has renamed them.
#pragma once

#include <stellwerk/result.h>

#include <array>
#include <string>

#include "base/file_descriptor.h"

namespace stellwerk::app {

/// Makes the file if it is not there. None: errno says why.
FileDescriptor open_to_append(const std::string& path);
/// What to say if that failed, from errno.
Error cannot_open_anew(const std::string& path);

/// Stdout and stderr of this process, where the shell or script that started it made them files to append to (a
/// daemon's `.out`). Pipes, terminals and files that are written from their begin on are left as they are.
class OutputFiles {
 public:
  /// Finds their names: before anybody renames them.
  OutputFiles();

  /// By their names. Whoever writes to these descriptors meanwhile writes to one file or the other. Errors: failed, and
  /// what could not be opened stays as it was.
  Result<void> reopen() const;

 private:
  std::array<std::string, 2> paths_;  ///< of stdout and stderr; empty: not ours to open
};

}  // namespace stellwerk::app
