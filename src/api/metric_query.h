/// `?get=`, `?agg=` and filters of paths that show numbers, and the answers to them: Flink's lists of {"id"}, or with
/// `get` of {"id","value"}, or aggregated ones. Internal to api/.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/message.h"
#include "jobs/metric_views.h"

namespace stellwerk::api {

/// A part of what is aggregated, of 0 and so on: from, to, both among them.
using IndexRanges = std::vector<std::pair<std::int32_t, std::int32_t>>;

struct MetricQuery {
  std::vector<std::string> get;                ///< empty: only names are wanted
  std::array<bool, 4> aggregates{};            ///< min, max, avg, sum
  std::optional<std::vector<std::string>> of;  ///< ids of those that are aggregated; none: all
  IndexRanges indices;                         ///< the same as numbers; empty: all
  std::string text;                            ///< "?get=...", or nothing: the same question for another master
};

/// What of the query counts on a path.
enum class MetricFilter {
  none,     ///< not aggregated
  ids,      ///< `name` has ids
  indices,  ///< `name` has numbers and ranges, "1,3,5-9"
};
/// Other parameters mean nothing. Errors: invalid, for people.
Result<MetricQuery> read_metric_query(const http::Request& request, MetricFilter filter = MetricFilter::none,
                                      std::string_view name = {});

/// Of one thing.
std::string metrics_json(const jobs::Metrics& metrics, const MetricQuery& query);
/// Of several: for each name the numbers of those that have it.
std::string aggregated_json(const std::vector<jobs::Metrics>& all, const MetricQuery& query);

bool wants_index(const MetricQuery& query, std::int32_t index) noexcept;
bool wants_id(const MetricQuery& query, std::string_view id) noexcept;

}  // namespace stellwerk::api
