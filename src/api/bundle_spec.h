/// The job that a run of an upload means. Pure.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "model/bundle.h"
#include "model/job_spec_reader.h"

namespace stellwerk::api {

/// What a caller may say of a run: Flink's names, in the body or the query; `name` and `atMostOne` are ours.
struct RunWish {
  std::optional<std::int32_t> parallelism{};  ///< only where a vertex does not say its own
  std::string name{};                         ///< of the job; empty: the spec's
  bool at_most_one = false;                   ///< false: as the spec says
  std::string entry_class{};                  ///< of a jar
  std::vector<std::string> arguments{};       ///< of a jar
  std::optional<JobId> job_id{};

  /// As the body of the same request.
  std::string json() const;
};

/// The body counts where both say something. Errors: invalid, also for what is planned or not known.
Result<RunWish> read_run(const http::Request& request, std::string_view body);

/// Words at blanks; what is between quotes, " or ', stays together.
std::vector<std::string> split_arguments(std::string_view text);

/// Of a bundle its own spec, of a jar one vertex that runs it as a Java program; with the artifact and the wishes.
/// Errors: invalid, too_large.
Result<model::ReadSpec> spec_of_run(const model::Bundle& bundle, const RunWish& wish);

}  // namespace stellwerk::api
