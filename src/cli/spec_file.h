/// The job spec that a command line means: a file, what is in a bundle, or a command.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/job_spec_reader.h"

namespace stellwerk::cli {

/// What comes before the spec's own words.
struct SpecOverrides {
  std::optional<std::int32_t> parallelism{};  ///< only where a vertex does not say its own, as in Flink
  std::string name{};                         ///< empty: the spec's
  bool at_most_one = false;                   ///< false: as the spec says
};

inline constexpr std::string_view kBundleSpec = "job.yaml";

/// What of a path stands in a message, in bytes.
inline constexpr std::size_t kPathShownMax = 512;

/// "Could not get the job from file PATH: WHY"
Error file_error(Errc code, const std::string& path, const std::string& why);

/// Reads and checks a spec, or the one in a bundle. Blocks on the file. Errors, all at once: invalid, too_large,
/// not_found, not_supported (a jar has none); the text names the file.
Result<model::ReadSpec> read_spec_file(const std::string& path, const SpecOverrides& overrides);

/// One vertex that runs `command`, which is not empty; both named after the program, in letters that a name may have.
/// Errors: invalid, too_large.
Result<model::ReadSpec> spec_of_command(const std::vector<std::string>& command, const SpecOverrides& overrides);

/// Absolute, without "." and "..".
std::string absolute_path(const std::string& path);

/// The body of `POST /jobs`: the spec as it was sent, with its id.
std::string submission(const model::ReadSpec& spec, const JobId& id);

}  // namespace stellwerk::cli
