/// All masters of a cluster, asked at the same time, and what `stellwerk status` prints of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/answers.h"
#include "cli/host.h"
#include "cli/job_list.h"

namespace stellwerk::cli {

/// For the whole survey: a master that needs longer is not well.
inline constexpr Milliseconds kStatusDeadline = std::chrono::seconds(3);
/// Masters that others name are asked too, this many times over. All rounds but the last take at most
/// two thirds of the time that is left, so that one that hangs does not hide whom others name.
inline constexpr int kSurveyRounds = 3;

struct MasterRow {
  std::string url{};
  std::optional<MasterAnswer> answer{};
  std::string fault{};  ///< why there is no answer; one sentence, escaped
};

/// Asks `masters` and all that their answers name, within kStatusDeadline. One row for each master, whatever its names.
std::vector<MasterRow> survey(Host& host, const std::vector<http::Endpoint>& masters);

/// The one that leads and may act, or null.
const MasterRow* find_leader(const std::vector<MasterRow>& rows);

std::string render_status(const std::vector<MasterRow>& rows, bool colour, const LocalTime& local_time);
/// An array of {"url","status"} or {"url","error"}; `status` is the whole answer of that master.
std::string render_status_json(const std::vector<MasterRow>& rows);

}  // namespace stellwerk::cli
