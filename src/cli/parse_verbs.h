/// One function for each verb: what stands behind it on the command line, read and checked.
#pragma once

#include <optional>
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

/// Options of Flink's command line that this one does not have, among words that no verb of ours means otherwise: what
/// to do instead. Not those behind `--`.
std::optional<UsageError> option_of_flink(std::string_view verb, const Words& words);

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
