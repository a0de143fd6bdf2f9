/// What `stellwerk list` prints, in Flink's lines. Pure.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "cli/answers.h"
#include "cli/arguments.h"

namespace stellwerk::cli {

using LocalTime = std::function<std::tm(WallMs)>;

std::string render_jobs(std::vector<JobLine> jobs, const ListArguments& which, const LocalTime& local_time);

/// An array of what `/jobs/overview` says of each job that is asked for, oldest first.
std::string render_jobs_json(std::vector<JobLine> jobs, const ListArguments& which);

}  // namespace stellwerk::cli
