#include "model/job_spec.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "base/assert.h"
#include "base/sha256.h"
#include "base/text.h"

namespace stellwerk::model {

std::string_view to_string(const RestartStrategy& strategy) noexcept {
  struct Name {
    std::string_view operator()(const NoRestart&) const noexcept { return "none"; }
    std::string_view operator()(const FixedDelayRestart&) const noexcept { return "fixed-delay"; }
    std::string_view operator()(const FailureRateRestart&) const noexcept { return "failure-rate"; }
    std::string_view operator()(const ExponentialDelayRestart&) const noexcept { return "exponential-delay"; }
  };
  return std::visit(Name{}, strategy);
}

std::int64_t total_tasks(const JobSpec& spec) noexcept {
  std::int64_t tasks = 0;
  for (const JobVertex& vertex : spec.vertices) tasks += vertex.parallelism;
  return tasks;
}

std::vector<std::size_t> topological_order(const std::vector<JobVertex>& vertices) {
  std::vector<std::size_t> missing(vertices.size());
  std::vector<std::vector<std::size_t>> consumers(vertices.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < vertices.size(); ++i) {
    missing[i] = vertices[i].inputs.size();
    for (const VertexInput& input : vertices[i].inputs) consumers[input.from].push_back(i);
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const std::size_t producer = ready.top();
    ready.pop();
    order.push_back(producer);
    for (const std::size_t consumer : consumers[producer])
      if (--missing[consumer] == 0) ready.push(consumer);
  }
  return order;
}

std::vector<std::size_t> find_cycle(const std::vector<JobVertex>& vertices) {
  const std::vector<std::size_t> order = topological_order(vertices);
  if (order.size() == vertices.size()) return {};
  std::vector<bool> ordered(vertices.size(), false);
  for (const std::size_t i : order) ordered[i] = true;
  // Every vertex that is left has a producer that is left: walking up must come round.
  auto at = static_cast<std::size_t>(std::find(ordered.begin(), ordered.end(), false) - ordered.begin());
  std::vector<std::size_t> walk;
  while (std::find(walk.begin(), walk.end(), at) == walk.end()) {
    walk.push_back(at);
    const auto& inputs = vertices[at].inputs;
    const auto left =
        std::find_if(inputs.begin(), inputs.end(), [&](const auto& input) { return !ordered[input.from]; });
    STELLWERK_ASSERT(left != inputs.end(), "a vertex without open producers was not ordered");
    at = left->from;
  }
  walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), at));
  std::reverse(walk.begin(), walk.end());
  return walk;
}

std::string vertex_id(std::string_view vertex_name) {
  constexpr std::size_t kDigits = 32;
  return sha256_hex(vertex_name).substr(0, kDigits);
}

std::string environment_suffix(std::string_view name) {
  std::string out;
  std::size_t at = 0;
  while (at < name.size()) {
    const std::size_t begin = at;
    if (!next_code_point(name, at)) ++at;
    const char c = name[begin];
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
  }
  return out;
}

}  // namespace stellwerk::model
