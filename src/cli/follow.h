/// Performs what cli/attach.h decides: asks masters, waits, shows, and asks the person at the terminal.
#pragma once

#include "cli/attach.h"
#include "cli/conversation.h"

namespace stellwerk::cli {

/// How long a person may think about what Ctrl-C is to do; then it was nothing.
inline constexpr Milliseconds kThinkMost = std::chrono::minutes(1);

/// Follows a submitted job to its end; the exit code. Interrupts must be caught already (Host::catch_interrupts).
int follow(const attach::Options& options, Conversation& conversation, Host& host);

}  // namespace stellwerk::cli
