#include "api/overview.h"

#include <ctime>

#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

/// "<commit> @ <date>": Flink shows the commit alone.
std::string_view commit_of(std::string_view revision) {
  return revision.substr(0, revision.find(' '));
}

}  // namespace

std::string overview_json(const jobs::ClusterState& state, const WorkerCounts& workers, const Facts& facts) {
  std::string text;
  text.reserve(256);
  JsonWriter out(text);
  out.begin_object().member("taskmanagers", workers.workers);
  out.member("slots-total", workers.slots).member("slots-available", workers.free);
  const jobs::JobCounts& counts = state.counts();
  out.member("jobs-running", counts.running).member("jobs-finished", counts.finished);
  out.member("jobs-cancelled", counts.canceled).member("jobs-failed", counts.failed);
  out.member("flink-version", facts.version).member("flink-commit", commit_of(facts.revision)).end_object();
  return text;
}

std::string dashboard_config_json(const Facts& facts) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("refresh-interval", facts.refresh_interval.count());
  out.member("timezone-name", local.tm_zone != nullptr ? local.tm_zone : "UTC");
  out.member("timezone-offset", local.tm_gmtoff * 1000).member("flink-version", facts.version);
  out.member("flink-revision", facts.revision).key("features").begin_object();
  out.member("web-submit", facts.web_submit).member("web-cancel", facts.web_cancel);
  out.member("web-rescale", false).member("web-history", false).end_object().end_object();
  return text;
}

std::string configuration_json(const Facts& facts) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& [key, value] : facts.configuration)
    out.begin_object().member("key", key).member("value", value).end_object();
  out.end_array();
  return text;
}

}  // namespace stellwerk::api
