#include "model/job_vertex_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "model/task_limits_reader.h"
#include "model/worker.h"

namespace stellwerk::model {
namespace {

constexpr std::string_view kVertexNameAccepted =
    "1 to 128 bytes of printable text without '/' and without a blank at either end";
constexpr std::string_view kPortNameAccepted = "1 to 64 letters, digits, '-' or '_'";
constexpr std::string_view kOwnPrefix = "STELLWERK_";
/// Most vertices of a cycle that a message names.
constexpr std::size_t kCycleShownMax = 8;

bool is_name(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && is_printable_text(text) && text.front() != ' ' &&
         text.back() != ' ';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_port_name(std::string_view text) {
  return !text.empty() && text.size() <= kPortNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string read_name(const DocNode& node, std::string_view accepted, bool (*is_accepted)(std::string_view),
                      DocFaults& faults) {
  const std::string* text = read_string(node, accepted, faults);
  if (text == nullptr) return {};
  if (!is_accepted(*text)) refuse(node, accepted, faults);
  return *text;
}

/// Names that must differ, also as parts of environment variables: those seen, by their suffix.
class DistinctNames {
 public:
  /// `variable`: what the suffix is appended to, for the message.
  DistinctNames(std::string_view variable, DocFaults& faults) : variable_(variable), faults_(faults) {}

  /// False: refused.
  bool add(const DocNode& node) { return add(node, environment_suffix(*node.value->get_if<std::string>())); }
  /// The variable that `node` makes needed, where that is not its own name alone.
  bool add(const DocNode& node, const std::string& suffix) {
    const std::string& name = *node.value->get_if<std::string>();
    const auto [other, fresh] = seen_.try_emplace(suffix, &name, node.path);
    if (fresh) return true;
    const auto& [other_name, other_path] = other->second;
    std::string accepted = "another name than " + other_path;
    if (*other_name != name)
      accepted += " (" + shown(*other_name) + "): both would be " + shown(std::string(variable_) + suffix);
    refuse(node, accepted, faults_);
    return false;
  }

 private:
  std::string_view variable_;
  DocFaults& faults_;
  std::map<std::string, std::pair<const std::string*, std::string>> seen_;
};

std::vector<std::string> read_command(const DocNode& node, DocFaults& faults) {
  std::vector<std::string> command;
  const auto* items = read_list(node, 1, kCommandArgumentsMax, "strings, the program first", faults);
  if (items == nullptr) return command;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const DocNode item = node.item(i);
    const std::string* text = read_string(item, "a string (put it in quotes)", faults);
    if (text == nullptr) continue;
    if (i == 0 && text->empty()) refuse(item, "the program to run", faults);
    if (text->size() > kArgumentBytesMax) refuse(item, "at most 131071 bytes long", faults);
    command.push_back(*text);
  }
  return command;
}

void read_variable(const DocNode& node, const DocMember& member, std::map<std::string, std::string>& out,
                   DocFaults& faults) {
  const std::string place = node.path + to_string(member.key_place);
  if (!is_variable_name(member.key)) {
    faults.add(place + " has a name that is not accepted, must be letters, digits and '_', no digit first");
  } else if (member.key.starts_with(kOwnPrefix)) {
    faults.add(place + " has a name that is not accepted, must not begin with STELLWERK_");
  }
  const std::string* value = read_string(node, "a string (put it in quotes)", faults);
  if (value == nullptr) return;
  if (member.key.size() + 1 + value->size() > kArgumentBytesMax)
    refuse(node, "at most 131071 bytes long with its name", faults);
  out.emplace(member.key, *value);
}

std::map<std::string, std::string> read_environment(const DocNode& node, DocFaults& faults) {
  std::map<std::string, std::string> out;
  const auto* members = read_object(node, faults);
  if (members == nullptr) return out;
  if (members->size() > kEnvironmentMax) refuse(node, "an object of at most 1024 variables", faults);
  for (const DocMember& member : *members) read_variable(node.member(member), member, out, faults);
  return out;
}

std::vector<std::string> read_ports(const DocNode& node, DocFaults& faults) {
  std::vector<std::string> ports;
  const auto* items = read_list(node, 0, kPortsMax, "names", faults);
  if (items == nullptr) return ports;
  DistinctNames distinct("STELLWERK_PORT_", faults);
  for (std::size_t i = 0; i < items->size(); ++i) {
    const DocNode item = node.item(i);
    const std::string name = read_name(item, kPortNameAccepted, is_port_name, faults);
    if (!is_port_name(name)) continue;
    distinct.add(item);
    ports.push_back(name);
  }
  return ports;
}

std::set<std::string> read_labels(const DocNode& node, DocFaults& faults) {
  std::set<std::string> labels;
  const auto* items = read_list(node, 0, kLabelsMax, "labels of workers", faults);
  if (items == nullptr) return labels;
  for (std::size_t i = 0; i < items->size(); ++i)
    labels.insert(read_name(node.item(i), kLabelAccepted, is_label, faults));
  return labels;
}

/// An input as it stands, before it is known which vertices there are.
struct NamedInput {
  DocNode from;
  VertexInput input;
};

std::optional<NamedInput> read_input(const DocNode& node, DocFaults& faults) {
  constexpr std::array<std::string_view, 3> kFields = {"from", "exchange", "output"};
  const DocFields fields(node, kFields, faults);
  VertexInput input;
  const auto exchange = fields.find("exchange");
  if (exchange) {
    constexpr std::string_view kAccepted = "pipelined or blocking";
    const std::string* text = read_string(*exchange, kAccepted, faults);
    if (text != nullptr && *text != "pipelined" && *text != "blocking") refuse(*exchange, kAccepted, faults);
    if (text != nullptr && *text == "blocking") input.exchange = Exchange::blocking;
  }
  if (const auto output = fields.find("output")) {
    constexpr std::string_view kAccepted = "local or durable";
    const std::string* text = read_string(*output, kAccepted, faults);
    if (text != nullptr && *text != "local" && *text != "durable") refuse(*output, kAccepted, faults);
    if (text != nullptr && *text == "durable") input.output = Output::durable;
    if (input.exchange == Exchange::pipelined) refuse(*output, "left out unless exchange is blocking", faults);
  }
  constexpr std::string_view kFromAccepted = "the name of another vertex";
  const auto from = fields.require("from", kFromAccepted);
  if (!from || read_string(*from, kFromAccepted, faults) == nullptr) return std::nullopt;
  return NamedInput{*from, input};
}

/// Reads the list of vertices; inputs are resolved when all names are known.
class GraphReader {
 public:
  GraphReader(const DocNode& node, DocFaults& faults)
      : node_(node), faults_(faults), distinct_("STELLWERK_PEERS_", faults) {}

  std::vector<JobVertex> read() {
    const auto* items = read_list(node_, 1, kVerticesMax, "vertices", faults_);
    if (items == nullptr) return {};
    for (std::size_t i = 0; i < items->size(); ++i) read_vertex(node_.item(i));
    for (std::size_t i = 0; i < vertices_.size(); ++i) resolve_inputs(i);
    check_tasks();
    check_cycle();
    return std::move(vertices_);
  }

 private:
  void read_vertex(const DocNode& node) {
    constexpr std::array<std::string_view, 8> kFields = {"name",   "command", "parallelism", "env",
                                                         "inputs", "ports",   "labels",      "limits"};
    const DocFields fields(node, kFields, faults_);
    JobVertex vertex;
    std::vector<NamedInput> inputs;
    const auto name = fields.require("name", kVertexNameAccepted);
    if (name) vertex.name = read_vertex_name(*name);
    if (const auto command = fields.require("command", "a list of strings, the program first"))
      vertex.command = read_command(*command, faults_);
    if (const auto parallelism = fields.find("parallelism"))
      vertex.parallelism =
          static_cast<std::int32_t>(read_whole(*parallelism, 1, kParallelismMax, faults_).value_or(vertex.parallelism));
    if (const auto env = fields.find("env")) vertex.environment = read_environment(*env, faults_);
    if (const auto list = fields.find("inputs")) inputs = read_inputs(*list);
    if (const auto ports = fields.find("ports")) vertex.ports = read_ports(*ports, faults_);
    if (const auto first = index_of_.find(vertex.name); first != index_of_.end() && first->second == vertices_.size())
      claim_variables(*name, vertex);
    if (const auto labels = fields.find("labels")) vertex.labels = read_labels(*labels, faults_);
    if (const auto limits = fields.find("limits")) vertex.limits = read_task_limits(*limits, faults_);
    vertices_.push_back(std::move(vertex));
    inputs_.push_back(std::move(inputs));
  }

  std::string read_vertex_name(const DocNode& node) {
    const auto is_accepted = [](std::string_view text) {
      return is_name(text, kVertexNameBytesMax) && text.find('/') == std::string_view::npos;
    };
    std::string name = read_name(node, kVertexNameAccepted, is_accepted, faults_);
    if (name.empty()) return name;
    const auto [other, fresh] = index_of_.try_emplace(name, vertices_.size());
    if (!fresh) refuse(node, "another name than " + node_.item(other->second).path + ".name", faults_);
    return name;
  }

  /// What others find its ports by: STELLWERK_PEERS_<VERTEX>, and with _<PORT>. Vertex a-b may be in the way of port b
  /// of vertex a.
  void claim_variables(const DocNode& name, const JobVertex& vertex) {
    const std::string suffix = environment_suffix(vertex.name);
    if (vertex.ports.empty() || !distinct_.add(name, suffix)) return;
    std::set<std::string> variables;
    for (const std::string& port : vertex.ports) variables.insert(suffix + "_" + environment_suffix(port));
    for (const std::string& variable : variables)
      if (!distinct_.add(name, variable)) return;
  }

  std::vector<NamedInput> read_inputs(const DocNode& node) {
    std::vector<NamedInput> inputs;
    const auto* items = read_list(node, 0, kVerticesMax, "inputs", faults_);
    if (items == nullptr) return inputs;
    for (std::size_t i = 0; i < items->size(); ++i)
      if (auto input = read_input(node.item(i), faults_)) inputs.push_back(std::move(*input));
    return inputs;
  }

  void resolve_inputs(std::size_t index) {
    std::set<std::size_t> producers;
    for (NamedInput& named : inputs_[index]) {
      const std::string& name = *named.from.value->get_if<std::string>();
      const auto producer = index_of_.find(name);
      if (producer == index_of_.end()) {
        refuse(named.from, "the name of another vertex" + nearest_vertex(name), faults_);
      } else if (producer->second == index) {
        refuse(named.from, "the name of another vertex, not its own", faults_);
      } else if (!producers.insert(producer->second).second) {
        refuse(named.from, "named once among the inputs of a vertex", faults_);
      } else {
        named.input.from = producer->second;
        vertices_[index].inputs.push_back(named.input);
      }
    }
  }

  std::string nearest_vertex(const std::string& name) const {
    if (faults_.full()) return {};
    std::vector<std::string_view> names;
    for (const auto& [known, index] : index_of_) names.push_back(known);
    const auto nearest = nearest_name(name, names);
    return nearest ? " (did you mean " + shown(*nearest) + "?)" : "";
  }

  void check_tasks() {
    std::int64_t tasks = 0;
    for (const JobVertex& vertex : vertices_) tasks += vertex.parallelism;
    if (tasks > kTasksMax)
      faults_.add(node_.path + " have " + std::to_string(tasks) + " subtasks together, accepted are at most " +
                  std::to_string(kTasksMax));
  }

  void check_cycle() {
    const std::vector<std::size_t> cycle = find_cycle(vertices_);
    if (cycle.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < std::min(cycle.size(), kCycleShownMax); ++i)
      names += shown(vertices_[cycle[i]].name) + " -> ";
    if (cycle.size() > kCycleShownMax) names += "... -> ";
    faults_.add(node_.path + " have inputs that go in a circle: " + names + shown(vertices_[cycle[0]].name) +
                ", must have none");
  }

  const DocNode& node_;
  DocFaults& faults_;
  DistinctNames distinct_;
  std::map<std::string, std::size_t> index_of_;
  std::vector<JobVertex> vertices_;
  std::vector<std::vector<NamedInput>> inputs_;
};

}  // namespace

std::string read_job_name(const DocNode& node, DocFaults& faults) {
  return read_name(
      node, kJobNameAccepted, [](std::string_view text) { return is_name(text, kJobNameBytesMax); }, faults);
}

std::vector<JobVertex> read_vertices(const DocNode& node, DocFaults& faults) {
  return GraphReader(node, faults).read();
}

}  // namespace stellwerk::model
