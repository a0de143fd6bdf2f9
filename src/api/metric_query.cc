#include "api/metric_query.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "api/path_parameters.h"
#include "base/json_writer.h"
#include "http/syntax.h"

namespace stellwerk::api {
namespace {

constexpr std::string_view kGet = "get";
constexpr std::string_view kAgg = "agg";
constexpr std::array<std::string_view, 4> kAggregates{"min", "max", "avg", "sum"};
/// Beyond these a double is no whole number any more.
constexpr double kWholeMax = 9'007'199'254'740'992;

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end > at) out.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

void add_parameter(MetricQuery& query, std::string_view name, std::string_view value) {
  query.text += query.text.empty() ? "?" : "&";
  query.text += std::string(name) + "=" + http::escape_segment(value);
}

std::string metric_text(double value) {
  if (std::abs(value) < kWholeMax && value == std::floor(value))
    return std::to_string(static_cast<std::int64_t>(value));
  char digits[512];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr};
}

/// With a point, as Flink writes numbers of several.
std::string with_point(double value) {
  std::string text = metric_text(value);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

Result<void> read_aggregates(std::string_view value, MetricQuery& query) {
  for (const auto& word : words(value)) {
    const auto at = std::find(kAggregates.begin(), kAggregates.end(), word);
    if (at == kAggregates.end()) return bad_parameter("query", kAgg, word, "It must be one of min, max, avg and sum");
    query.aggregates[static_cast<std::size_t>(at - kAggregates.begin())] = true;
  }
  return {};
}

Result<void> read_ranges(std::string_view name, std::string_view value, MetricQuery& query) {
  for (const auto& word : words(value)) {
    const std::size_t dash = word.find('-');
    const auto from = read_number(std::string_view(word).substr(0, dash), 0);
    const auto to = dash == std::string::npos ? from : read_number(std::string_view(word).substr(dash + 1), 0);
    if (!from || !to || *to < *from)
      return bad_parameter("query", name, word, "It must be a number or a range, as in 1,3,5-9");
    query.indices.emplace_back(*from, *to);
  }
  return {};
}

}  // namespace

Result<MetricQuery> read_metric_query(const http::Request& request, MetricFilter filter, std::string_view name) {
  MetricQuery query;
  if (const auto get = request.query_value(kGet)) {
    query.get = words(*get);
    if (!query.get.empty()) add_parameter(query, kGet, *get);
  }
  if (filter == MetricFilter::none) return query;
  if (const auto agg = request.query_value(kAgg)) {
    if (const auto read = read_aggregates(*agg, query); read.has_error()) return read.error();
    add_parameter(query, kAgg, *agg);
  }
  if (std::none_of(query.aggregates.begin(), query.aggregates.end(), [](bool wanted) { return wanted; }))
    query.aggregates.fill(true);
  const auto value = request.query_value(name);
  if (!value || value->empty()) return query;
  add_parameter(query, name, *value);
  if (filter == MetricFilter::ids) {
    query.of = words(*value);
    return query;
  }
  if (const auto read = read_ranges(name, *value, query); read.has_error()) return read.error();
  return query;
}

bool wants_index(const MetricQuery& query, std::int32_t index) noexcept {
  return query.indices.empty() || std::any_of(query.indices.begin(), query.indices.end(), [&](const auto& range) {
           return index >= range.first && index <= range.second;
         });
}

bool wants_id(const MetricQuery& query, std::string_view id) noexcept {
  return !query.of || std::find(query.of->begin(), query.of->end(), id) != query.of->end();
}

std::string metrics_json(const jobs::Metrics& metrics, const MetricQuery& query) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& metric : metrics) {
    const bool wanted = std::find(query.get.begin(), query.get.end(), metric.id) != query.get.end();
    if (!query.get.empty() && !wanted) continue;
    out.begin_object().member("id", metric.id);
    if (wanted) out.member("value", metric_text(metric.value));
    out.end_object();
  }
  out.end_array();
  return text;
}

std::string aggregated_json(const std::vector<jobs::Metrics>& all, const MetricQuery& query) {
  struct Sum {
    double min = 0;
    double max = 0;
    double sum = 0;
    double count = 0;
  };
  std::map<std::string, Sum> sums;
  for (const auto& metrics : all)
    for (const auto& metric : metrics) {
      Sum& sum = sums[metric.id];
      sum.min = sum.count == 0 ? metric.value : std::min(sum.min, metric.value);
      sum.max = sum.count == 0 ? metric.value : std::max(sum.max, metric.value);
      sum.sum += metric.value;
      sum.count += 1;
    }
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& [id, sum] : sums) {
    const bool wanted = std::find(query.get.begin(), query.get.end(), id) != query.get.end();
    if (!query.get.empty() && !wanted) continue;
    out.begin_object().member("id", id);
    const std::array<double, kAggregates.size()> values{sum.min, sum.max, sum.sum / sum.count, sum.sum};
    for (std::size_t i = 0; wanted && i < values.size(); ++i)
      if (query.aggregates[i]) out.key(kAggregates[i]).raw(with_point(values[i]));
    out.end_object();
  }
  out.end_array();
  return text;
}

}  // namespace stellwerk::api
