#include "model/job_policy_reader.h"

#include <algorithm>
#include <array>
#include <limits>

namespace stellwerk::model {
namespace {

constexpr std::string_view kTypeAccepted =
    "none (or off, disable), fixed-delay, failure-rate or exponential-delay, as a string";
constexpr std::int32_t kCountMax = std::numeric_limits<std::int32_t>::max();
constexpr double kMultiplierMax = 1000;
/// Flink's own least interval and timeout.
constexpr std::int64_t kCheckpointMsMin = 10;

void set_ms(const DocFields& fields, std::string_view name, std::int64_t least_ms, std::int64_t& out,
            DocFaults& faults) {
  if (const auto node = fields.find(name))
    out = read_duration_ms(*node, least_ms, kSpecDurationMsMax, faults).value_or(out);
}

void set_count(const DocFields& fields, std::string_view name, std::int32_t least, std::int32_t most, std::int32_t& out,
               DocFaults& faults) {
  if (const auto node = fields.find(name))
    out = static_cast<std::int32_t>(read_whole(*node, least, most, faults).value_or(out));
}

void set_number(const DocFields& fields, std::string_view name, double least, double most, double& out,
                DocFaults& faults) {
  if (const auto node = fields.find(name)) out = read_number(*node, least, most, faults).value_or(out);
}

std::optional<RestartStrategy> strategy_of_type(std::string_view type) {
  std::string folded;
  for (const char c : type) folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (folded == "none" || folded == "off" || folded == "disable") return NoRestart{};
  if (folded == "fixed-delay" || folded == "fixeddelay") return FixedDelayRestart{};
  if (folded == "failure-rate" || folded == "failurerate") return FailureRateRestart{};
  if (folded == "exponential-delay" || folded == "exponentialdelay") return ExponentialDelayRestart{};
  return std::nullopt;
}

/// Reads the parameters of one strategy; a parameter of another is an unknown field here.
class ParameterReader {
 public:
  ParameterReader(const DocNode& node, DocFaults& faults) : node_(node), faults_(faults) {}

  void operator()(NoRestart&) const {
    constexpr std::array<std::string_view, 1> kFields = {"type"};
    const DocFields fields(node_, kFields, faults_);
  }

  void operator()(FixedDelayRestart& out) const {
    constexpr std::array<std::string_view, 3> kFields = {"type", "attempts", "delay"};
    const DocFields fields(node_, kFields, faults_);
    set_count(fields, "attempts", 0, kCountMax, out.attempts, faults_);
    set_ms(fields, "delay", 0, out.delay_ms, faults_);
  }

  void operator()(FailureRateRestart& out) const {
    constexpr std::array<std::string_view, 4> kFields = {"type", "max-failures-per-interval", "failure-rate-interval",
                                                         "delay"};
    const DocFields fields(node_, kFields, faults_);
    set_count(fields, "max-failures-per-interval", 1, kCountMax, out.max_failures_per_interval, faults_);
    set_ms(fields, "failure-rate-interval", 1, out.failure_rate_interval_ms, faults_);
    set_ms(fields, "delay", 0, out.delay_ms, faults_);
  }

  void operator()(ExponentialDelayRestart& out) const {
    constexpr std::array<std::string_view, 7> kFields = {"type",
                                                         "initial-backoff",
                                                         "max-backoff",
                                                         "backoff-multiplier",
                                                         "jitter-factor",
                                                         "reset-backoff-threshold",
                                                         "attempts-before-reset-backoff"};
    const DocFields fields(node_, kFields, faults_);
    set_ms(fields, "initial-backoff", 1, out.initial_backoff_ms, faults_);
    if (!fields.find("max-backoff")) out.max_backoff_ms = std::max(out.max_backoff_ms, out.initial_backoff_ms);
    set_ms(fields, "max-backoff", out.initial_backoff_ms, out.max_backoff_ms, faults_);
    set_number(fields, "backoff-multiplier", 1, kMultiplierMax, out.backoff_multiplier, faults_);
    set_number(fields, "jitter-factor", 0, 1, out.jitter_factor, faults_);
    set_ms(fields, "reset-backoff-threshold", 1, out.reset_backoff_threshold_ms, faults_);
    set_count(fields, "attempts-before-reset-backoff", 1, kCountMax, out.attempts_before_reset_backoff, faults_);
  }

 private:
  const DocNode& node_;
  DocFaults& faults_;
};

/// The node that names the type: the value itself, or its member `type`.
std::optional<DocNode> type_node(const DocNode& node, DocFaults& faults) {
  if (node.value->get_if<std::string>() != nullptr) return node;
  if (node.value->get_if<DocValue::Object>() == nullptr) {
    refuse(node, "an object with a type, or " + std::string(kTypeAccepted), faults);
    return std::nullopt;
  }
  const DocValue* type = find_member(*node.value, "type");
  if (type != nullptr) return DocNode{type, member_path(node.path, "type")};
  faults.add(member_path(node.path, "type") + " is missing" + to_string(node.value->place) + ", must be " +
             std::string(kTypeAccepted));
  return std::nullopt;
}

}  // namespace

RestartStrategy read_restart_strategy(const DocNode& node, DocFaults& faults) {
  const auto type = type_node(node, faults);
  if (!type) return NoRestart{};
  const std::string* text = read_string(*type, kTypeAccepted, faults);
  if (text == nullptr) return NoRestart{};
  auto strategy = strategy_of_type(*text);
  if (!strategy) {
    refuse(*type, kTypeAccepted, faults);
    return NoRestart{};
  }
  if (node.value->get_if<DocValue::Object>() != nullptr) std::visit(ParameterReader(node, faults), *strategy);
  return *strategy;
}

Checkpointing read_checkpointing(const DocNode& node, DocFaults& faults) {
  constexpr std::array<std::string_view, 4> kFields = {"interval", "timeout", "min-pause", "num-retained"};
  Checkpointing out;
  const DocFields fields(node, kFields, faults);
  if (fields.require("interval", "a duration such as 10 s"))
    set_ms(fields, "interval", kCheckpointMsMin, out.interval_ms, faults);
  set_ms(fields, "timeout", kCheckpointMsMin, out.timeout_ms, faults);
  set_ms(fields, "min-pause", 0, out.min_pause_ms, faults);
  set_count(fields, "num-retained", 1, static_cast<std::int32_t>(kRetainedCheckpointsMax), out.num_retained, faults);
  return out;
}

}  // namespace stellwerk::model
