#include "cli/plan.h"

#include <algorithm>

#include "base/json.h"

namespace stellwerk::cli {
namespace {

std::string indent(std::size_t depth) {
  return '\n' + std::string(depth * 2, ' ');
}

void print(const json::value& value, std::size_t depth, std::string& out);

void print(const json::object& object, std::size_t depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    out += (first ? "" : ",") + indent(depth + 1) + json::serialize(json::string(member.key())) + " : ";
    print(member.value(), depth + 1, out);
    first = false;
  }
  out += (first ? " " : indent(depth)) + '}';
}

/// Flink's writer keeps lists on the line that they begin on. Bounded depth: see render_plan.
void print(const json::value& value, std::size_t depth, std::string& out) {
  if (value.is_object()) {
    print(value.get_object(), depth, out);
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const json::value& item : value.get_array()) {
      out += first ? " " : ", ";
      print(item, depth, out);
      first = false;
    }
    out += " ]";
  } else {
    out += json::serialize(value);
  }
}

bool is_consumed(const model::JobSpec& spec, std::size_t vertex) {
  for (const model::JobVertex& other : spec.vertices)
    for (const model::VertexInput& input : other.inputs)
      if (input.from == vertex) return true;
  return false;
}

std::string_view pact_of(const model::JobSpec& spec, std::size_t vertex) {
  if (spec.vertices[vertex].inputs.empty()) return "Data Source";
  return is_consumed(spec, vertex) ? "Operator" : "Data Sink";
}

std::string command_line(const std::vector<std::string>& command) {
  std::string out;
  for (const std::string& word : command) out += (out.empty() ? "" : " ") + word;
  return out;
}

json::object node_of(const model::JobSpec& spec, std::size_t index) {
  const model::JobVertex& vertex = spec.vertices[index];
  json::object node{{"id", index + 1},
                    {"type", vertex.name},
                    {"pact", json::string(pact_of(spec, index))},
                    {"contents", command_line(vertex.command)},
                    {"parallelism", vertex.parallelism}};
  if (vertex.inputs.empty()) return node;
  json::array predecessors;
  for (const model::VertexInput& input : vertex.inputs)
    predecessors.push_back(
        json::object{{"id", input.from + 1},
                     {"ship_strategy", input.exchange == model::Exchange::pipelined ? "PIPELINED" : "BLOCKING"},
                     {"side", "second"}});
  node["predecessors"] = std::move(predecessors);
  return node;
}

}  // namespace

std::string render_plan(const model::JobSpec& spec) {
  json::array nodes;
  for (std::size_t i = 0; i < spec.vertices.size(); ++i) nodes.push_back(node_of(spec, i));
  std::string out;
  print(json::value(json::object{{"nodes", std::move(nodes)}}), 0, out);
  return out;
}

}  // namespace stellwerk::cli
