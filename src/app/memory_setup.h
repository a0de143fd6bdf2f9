/// How a daemon deals with memory.
#pragma once

#include <string>

namespace stellwerk::app {

/// Once, before there are threads. Large blocks go back to the system when they are freed, whatever their number.
void return_large_blocks();

/// From now on this process ends with one line, in its log and on stderr, when memory cannot be had: half a daemon, of
/// which some threads have failed, would stand in the way of the next one, and its guard acts at once. `json`: as
/// one object. `log_file` empty: stderr alone. Paths that are too long for the system count as empty.
void end_when_out_of_memory(const std::string& who, const std::string& log_file, bool json = false);

}  // namespace stellwerk::app
