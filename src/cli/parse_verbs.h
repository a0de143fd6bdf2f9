/// One function for each verb: what stands behind it on the command line, read and checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"

namespace stellwerk::cli {

using Words = std::vector<std::string>;

struct Verb {
  std::string_view name;
  std::string_view text;
  Parsed (*parse)(Words words);
};
/// In the order in which people are shown them.
std::span<const Verb> all_verbs();

Parsed parse_master(Words words);
Parsed parse_worker(Words words);
Parsed parse_run(Words words);
Parsed parse_list(Words words);
Parsed parse_info(Words words);
Parsed parse_cancel(Words words);
Parsed parse_checkpoint(Words words);
Parsed parse_status(Words words);
Parsed parse_workers(Words words);
Parsed parse_logs(Words words);
Parsed parse_ps(Words words);
Parsed parse_config(Words words);
Parsed parse_fsck(Words words);
Parsed parse_drill(Words words);
Parsed parse_completion(Words words);

}  // namespace stellwerk::cli
