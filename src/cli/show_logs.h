/// Performs what cli/tail.h decides: asks masters, waits, shows.
#pragma once

#include "cli/conversation.h"
#include "cli/tail.h"

namespace stellwerk::cli {

/// Shows files, once or until they end; the exit code.
int show_logs(tail::Options options, Conversation& conversation, Host& host);

}  // namespace stellwerk::cli
